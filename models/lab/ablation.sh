#!/usr/bin/env bash
# Prints what each family of features is worth to each detector, on a simulated population of its own.
#
#   models/lab/ablation.sh [ACCOUNTS]
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-simulator -p sealwatch-lab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$target/release/sealwatch-simulate" --accounts "${1:-5000}" --days 14 --seed 404 --abusive-share 0.16 --personas training \
  --out "$work/events.ndjson" --labels "$work/labels.ndjson" 2>/dev/null
"$target/release/sealwatch-lab" ablation --training "$work"
