#!/usr/bin/env bash
# Plants simulated abusers and benign controls in the real SMS and calls of the Copenhagen Networks Study, and prints what
# the committed artefact does with real accounts, controls and abusers.
#
#   models/lab/copenhagen.sh [FOLDER]     FOLDER: sms.csv and calls.csv (default: ../shared/data/copenhagen)
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data/copenhagen}
if [ ! -f "$data/sms.csv" ]; then
  echo "absent: $data/sms.csv (Copenhagen Networks Study, doi 10.1038/s41597-019-0325-x)"
  exit 0
fi
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-simulator -p sealwatch-lab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$target/release/sealwatch-lab" convert copenhagen "$data" --out "$work/host.ndjson"
for hiding in 0 0.5 1; do
  echo "hiding $hiding"
  "$target/release/sealwatch-simulate" --onto "$work/host.ndjson" --abusers 60 --controls 300 --seed 5 --hiding "$hiding" \
    --personas evaluation --out "$work/events.ndjson" --labels "$work/labels.ndjson" 2>/dev/null
  "$target/release/sealwatch-lab" planted --events "$work/events.ndjson" --labels "$work/labels.ndjson" \
    --artefact models/demo.artefact.json --alpha 0.001
done
