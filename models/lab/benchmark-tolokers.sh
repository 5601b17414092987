#!/usr/bin/env bash
# Measures our trees on Tolokers: crowd workers and their graph of shared tasks, ten official splits, with and without label features,
# and prints the published figures beside ours.
#
#   models/lab/benchmark-tolokers.sh [DATA]     DATA: the folder with the public tables (default: ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-lab
"$target/release/sealwatch-lab" benchmark tolokers --data "${1:-../shared/data}"
