#!/usr/bin/env bash
# Prints how far simulated benign accounts are from real ones: the SMS and calls of the Copenhagen Networks Study.
# First a population as the simulator makes it, then one planted into the study's own traffic, which takes its accounts'
# activity, breadth, hours and zone from there.
#
#   models/lab/distance.sh [FOLDER]     FOLDER: sms.csv and calls.csv (default: ../shared/data/copenhagen)
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
mkdir "$work/alone" "$work/planted"
"$target/release/sealwatch-lab" convert copenhagen "$data" --out "$work/host.ndjson"
"$target/release/sealwatch-simulate" --accounts 1000 --days 28 --seed 7 --abusive-share 0.02 \
  --out "$work/alone/events.ndjson" --labels "$work/alone/labels.ndjson" 2>/dev/null
echo "a population of its own"
"$target/release/sealwatch-lab" distance --simulated "$work/alone" --real "$work/host.ndjson"
"$target/release/sealwatch-simulate" --onto "$work/host.ndjson" --abusers 1 --controls 600 --seed 7 \
  --out "$work/planted/events.ndjson" --labels "$work/planted/labels.ndjson" 2>/dev/null
echo "benign controls planted into the real traffic"
"$target/release/sealwatch-lab" distance --simulated "$work/planted" --real "$work/host.ndjson"
