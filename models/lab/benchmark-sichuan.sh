#!/usr/bin/env bash
# Measures our trees on Sichuan telecom: phone subscribers, stratified 20/20/60, five seeds, with and without edges,
# and prints the published figures beside ours.
#
#   models/lab/benchmark-sichuan.sh [DATA]     DATA: the folder with the public tables (default: ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-lab
"$target/release/sealwatch-lab" benchmark sichuan --data "${1:-../shared/data}"
