#!/usr/bin/env bash
# Measures our trees on code bots: GitHub, and GitLab after training on GitHub only,
# and prints the published figures beside ours.
#
#   models/lab/benchmark-code-bots.sh [DATA]     DATA: the folder with the public tables (default: ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-lab
"$target/release/sealwatch-lab" benchmark code-bots --data "${1:-../shared/data}"
