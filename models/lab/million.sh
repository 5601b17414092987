#!/usr/bin/env bash
# Simulates a million accounts, trains on them, and prints the time that it took and the peak of memory.
#
#   models/lab/million.sh [ACCOUNTS] [DAYS]
set -euo pipefail
cd "$(dirname "$0")/../.."
accounts=${1:-1000000}
days=${2:-1}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-simulator -p sealwatch-lab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
simulate() { # folder accounts days seed personas
  mkdir -p "$work/$1"
  "$target/release/sealwatch-simulate" --accounts "$2" --days "$3" --seed "$4" --abusive-share 0.02 --personas "$5" \
    --out "$work/$1/events.ndjson" --labels "$work/$1/labels.ndjson" 2>/dev/null
}
simulate training "$accounts" "$days" 1 training
simulate calibration 4000 "$days" 2 evaluation
simulate evaluation 4000 "$days" 3 evaluation
echo "$(wc -l < "$work/training/events.ndjson") events, $(du -h "$work/training/events.ndjson" | cut -f1), of $accounts accounts"
start=$SECONDS
"$target/release/sealwatch-lab" train --training "$work/training" --calibration "$work/calibration" \
  --evaluation "$work/evaluation" --alpha 0.001 --window-days "$days" --split group --population simulator:million \
  --out "$work/artefact.json" > "$work/report.txt"
grep "peak of memory" "$work/report.txt"
echo "trained in $((SECONDS - start)) s"
