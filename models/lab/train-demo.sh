#!/usr/bin/env bash
# Makes models/demo.artefact.json, the artefact that the program carries: simulates populations with fixed seeds, trains,
# calibrates and evaluates. The same toolchain gives the same bytes.
#
#   models/lab/train-demo.sh [OUT]     OUT: folder for the artefact and its report (default: models)
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "${1:-models}"
out=$(realpath "${1:-models}")
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
lab="$target/release/sealwatch-lab"
cargo build --release --locked -p sealwatch-simulator -p sealwatch-lab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
simulate() { # folder accounts days seed share personas
  mkdir -p "$work/$1"
  "$target/release/sealwatch-simulate" --accounts "$2" --days "$3" --seed "$4" --abusive-share "$5" --personas "$6" \
    --out "$work/$1/events.ndjson" --labels "$work/$1/labels.ndjson" 2>/dev/null
}
# Calibration and evaluation are alike but for their seeds: the bound is for accounts in the same surroundings, and how many
# abusers there are is a part of these.
simulate training 40000 14 101 0.16 training
simulate calibration 42000 9 202 0.05 evaluation
simulate evaluation 42000 9 303 0.05 evaluation
"$lab" train --training "$work/training" --calibration "$work/calibration" \
  --evaluation "$work/evaluation" --alpha 0.0001,0.001,0.01 --delta 0.05 --window-days 7 --label-delay-days 1 --seed 1 \
  --population simulator:demo --out "$out/demo.artefact.json" --report "$out/demo.report.txt" \
  --report-json "$out/demo.report.json"
# What it does, per behaviour and level of hiding: as a page for people, and as a table.
(cd "$work" && "$lab" evaluate --artefact "$out/demo.artefact.json" --data evaluation --out "$out/demo.card.html" --json card.json)
python3 models/lab/card-table.py "$work/card.json" 0.0001 | tee "$out/demo.detection.txt"
