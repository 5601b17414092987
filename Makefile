# Sealwatch. `make help` lists everything.
SHELL := /bin/bash
TARGET := $(or $(CARGO_TARGET_DIR),target)
DEMO_ACCOUNTS ?= 4000
DEMO_DAYS ?= 14
SEALWATCH_NCMEC_SCHEMA ?= $(wildcard ../shared/schemas/ncmec_cyber_tipline.xsd)

.PHONY: help run demo-data build test lint unit tools system cybertip bench bench-cases bench-cases-postgres load load-postgres drill train dashboards dashboard-pictures docs clean

help: ## Lists the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

build: ## Builds the service and the simulator (no polars, no linfa)
	cargo build --release --locked

demo-data: build
	@mkdir -p demo
	@test -s demo/events.ndjson || $(TARGET)/release/sealwatch-simulate --accounts $(DEMO_ACCOUNTS) --days $(DEMO_DAYS) \
	  --seed 20261124 --personas evaluation --out demo/events.ndjson --labels demo/labels.ndjson
	@for role in officer approver; do \
	  test -s demo/$$role.public.json || $(TARGET)/release/sealwatch keys generate --role $$role --out demo || exit 1; done

run: demo-data ## Simulates a small platform, streams it through the pipeline and serves the console
	$(TARGET)/release/sealwatch run --config config/demo.toml

lint: ## Format and lints, warnings are errors
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

unit: ## Unit and property tests of every crate, the case store's on PostgreSQL too (installs it)
	bash tests/tools/postgres.sh install
	cargo test --release --locked --workspace --exclude sealwatch-tests

tools: ## Installs what the tests use: Debian packages, Kafka, Python tools. Nothing to do where all is there
	bash tests/tools/packages.sh
	bash tests/tools/kafka.sh install
	bash tests/tools/postgres.sh install
	bash tests/tools/prometheus.sh install
	bash tests/tools/python.sh install console
	bash tests/tools/python.sh install export

system: tools ## The system as its users see it: real Kafka, PostgreSQL, Chromium (see tools)
	cargo build --release --locked
	# The lab's program as the unit tests have built it: another choice of packages would build polars once more.
	cargo test --release --locked --workspace --exclude sealwatch-tests --no-run
	cargo test --release --locked -p sealwatch-tests -- --test-threads=1
	@if [ -n "$(SEALWATCH_NCMEC_SCHEMA)" ]; then $(MAKE) --no-print-directory cybertip; \
	  else echo "NOT CHECKED: reports to NCMEC against its schema (make cybertip SEALWATCH_NCMEC_SCHEMA=FILE)"; fi

cybertip: ## Checks reports to NCMEC against its schema, which is not ours to distribute: SEALWATCH_NCMEC_SCHEMA=FILE
	SEALWATCH_NCMEC_SCHEMA="$(abspath $(SEALWATCH_NCMEC_SCHEMA))" cargo test --release --locked -p sealwatch-tests \
	  --test export -- --ignored a_cybertip_passes

test: lint unit system ## Everything

bench: ## Events per second of each step and of the whole engine, on one core
	cargo build --release --locked
	@mkdir -p $(TARGET)/bench
	@test -s $(TARGET)/bench/events.ndjson || $(TARGET)/release/sealwatch-simulate --accounts 20000 --days 3 --seed 1 \
	  --out $(TARGET)/bench/events.ndjson --labels $(TARGET)/bench/labels.ndjson
	@cargo run --quiet --release --locked -p sealwatch-tests --bin sealwatch-bench -- $(TARGET)/bench/events.ndjson

bench-cases: ## Ten million recommendations in SQLite: times and query plans of every list, queue and count (15 GB of disk)
	@mkdir -p $(TARGET)/bench
	cargo run --release --locked -p sealwatch-api --example many_rows -- $(TARGET)/bench/many_rows.sqlite 10000000

bench-cases-postgres: ## The same in a PostgreSQL of its own
	cargo build --release --locked -p sealwatch-api --example many_rows
	bash tests/tools/with-postgres.sh $(TARGET)/release/examples/many_rows {} 10000000

load: ## Fifty reviewers over HTTP while 1,000 recommendations a second arrive
	cargo run --release --locked -p sealwatch-api --example load -- 60 1000

load-postgres: ## The same on a PostgreSQL of its own
	cargo build --release --locked -p sealwatch-api --example load
	bash tests/tools/with-postgres.sh $(TARGET)/release/examples/load 60 1000 {}

drill: ## One P1 case through the real system, from the report on Kafka to a verified bag, with the time of each step
	bash tests/tools/kafka.sh install
	bash tests/tools/python.sh install console
	cargo build --release --locked
	@cargo run --quiet --release --locked -p sealwatch-tests --bin sealwatch-drill

train: ## Simulates, trains and calibrates the artefact that the program carries (models/demo.artefact.json)
	bash models/lab/train-demo.sh

dashboards: ## Checks the dashboards, rules, alerts and runbooks, also on a real run with a real Prometheus (see tools)
	cargo build --release --locked
	cargo test --release --locked -p sealwatch-tests --test dashboards --test alerts --lib

dashboard-pictures: ## Runs the system for some minutes and draws each dashboard with Grafana's components (npm, 410 MB)
	cargo build --release --locked
	@mkdir -p $(TARGET)/dashboards
	cargo run --release --locked -p sealwatch-tests --bin sealwatch-dashboard-results -- $(TARGET)/dashboards/results.json
	bash tests/tools/grafana.sh draw $(TARGET)/dashboards/results.json docs/images/dashboards

docs: build ## Writes the generated documents
	$(TARGET)/release/sealwatch schema --events > docs/EVENTS.md
	$(TARGET)/release/sealwatch schema --features > docs/FEATURES.md

clean: ## Removes the demo's state (not the build)
	rm -rf demo
