"""Measures LightGBM and scikit-learn's HistGradientBoosting on exported tables, and prints our trainer beside them.

    python compare_trainers.py FOLDER...

Each folder holds features.parquet, splits.parquet and ours.json, as `sealwatch-lab table --export FOLDER` writes them.
The settings are ours: trees, leaves, learning rate, ridge, least rows and threads are read from ours.json; no rows or
features are sampled, and nobody stops early.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")


def light(ours):
    return lightgbm.LGBMClassifier(
        n_estimators=ours["trees"],
        num_leaves=ours["leaves"],
        learning_rate=ours["learning_rate"],
        reg_lambda=ours["ridge"],
        min_child_weight=ours["least_hessian"],
        min_child_samples=ours["least_rows"],
        n_jobs=ours["threads"],
        deterministic=True,
        random_state=1,
        verbose=-1,
    )


def histogram(ours):
    return HistGradientBoostingClassifier(
        max_iter=ours["trees"],
        max_leaf_nodes=ours["leaves"],
        learning_rate=ours["learning_rate"],
        l2_regularization=ours["ridge"],
        min_samples_leaf=ours["least_rows"],
        early_stopping=False,
        random_state=1,
    )


def measure(make, ours, table, labels, parts):
    training, test = parts == "training", parts == "test"
    model = make(ours)
    start = time.perf_counter()
    with threadpool_limits(limits=ours["threads"]):
        model.fit(table[training], labels[training])
    seconds = time.perf_counter() - start
    scores = model.predict_proba(table[test])[:, 1]
    return (
        roc_auc_score(labels[test], scores),
        average_precision_score(labels[test], scores),
        seconds,
    )


def main(folders):
    print(f"LightGBM {lightgbm.__version__}, scikit-learn {sklearn.__version__}")
    print(
        f"{'table':<24}{'trainer':<14}{'rows':>7}{'columns':>8}{'AUC':>9}{'±':>8}{'AP':>9}"
        f"{'fit s':>8}{'rows/s':>9}{'AUC/ours':>10}{'time/ours':>10}"
    )
    for folder in map(Path, folders):
        ours = json.loads((folder / "ours.json").read_text())
        frame = pd.read_parquet(folder / "features.parquet")
        splits = pd.read_parquet(folder / "splits.parquet")
        labels = frame.pop("label").to_numpy().astype(int)
        table = frame.to_numpy(dtype=np.float32)
        of_ours = [
            (split["auc"], split["average_precision"], split["fit_seconds"])
            for split in ours["splits"]
        ]
        results = {"ours": of_ours}
        for name, make in (("LightGBM", light), ("scikit-learn", histogram)):
            results[name] = [
                measure(make, ours, table, labels, splits[column].to_numpy())
                for column in splits.columns
            ]
        rows = ours["splits"][0]["training_rows"]
        base = np.mean(of_ours, axis=0)
        for name, found in results.items():
            auc, precision, seconds = np.mean(found, axis=0)
            deviation = np.std([one[0] for one in found], ddof=1) if len(found) > 1 else 0.0
            print(
                f"{folder.name:<24}{name:<14}{rows:>7}{table.shape[1]:>8}{auc:>9.4f}{deviation:>8.4f}"
                f"{precision:>9.4f}{seconds:>8.2f}{rows / seconds:>9.0f}{auc / base[0]:>10.4f}"
                f"{seconds / base[2]:>10.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
