#!/usr/bin/env bash
# Measures our trainer against LightGBM and scikit-learn's HistGradientBoosting from PyPI: the same tables, rows and splits,
# comparable settings. Our side writes matrices and reads nothing back.
#
#   models/lab/compare-trainers.sh [DATA]     DATA: the folder with the public tables (default: ../shared/data)
#
# THREADS is the number of threads of each trainer (default: 1, the steadiest measure on a shared machine).
# PYTHON may name an interpreter that has lightgbm, scikit-learn, pandas and pyarrow; else a virtual environment is made.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked -p sealwatch-lab
lab="$target/release/sealwatch-lab"
threads=${THREADS:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet lightgbm scikit-learn pandas pyarrow
  PYTHON="$work/venv/bin/python"
fi
"$lab" table --threads "$threads" --accounts "$data/tolokers/nodes.csv.gz" --label banned --id id --edges "$data/tolokers/edges.csv.gz" \
  --splits "$data/tolokers/splits.csv.gz" --export "$work/tolokers"
"$lab" table --threads "$threads" --accounts "$data/tolokers/nodes.csv.gz" --label banned --id id \
  --splits "$data/tolokers/splits.csv.gz" --export "$work/tolokers-without-edges"
"$lab" table --threads "$threads" --accounts "$data/sichuan_telecom/accounts.csv.gz" --label label --id account \
  --training-share 0.2 --validation-share 0.2 --export "$work/sichuan"
"$lab" table --threads "$threads" --accounts "$data/code_bots/github_old-rbmap_features.csv.gz" --label label --positive Bot --id account \
  --split-column dataset --export "$work/github-bots"
"$PYTHON" models/lab/compare_trainers.py "$work"/tolokers "$work"/tolokers-without-edges "$work"/sichuan "$work"/github-bots
