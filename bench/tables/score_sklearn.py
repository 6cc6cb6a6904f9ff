"""Scores scikit-learn's pipeline on the files that make_tables.py wrote, into `<folder>/sklearn.json`.

    python3 score_sklearn.py <folder> [table ...]

Each table is tried with early_stopping False and True, with the default of 200 epochs and with 1000.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore", category=ConvergenceWarning)

VARIANTS = [
    {"early_stopping": False, "max_iter": 200},
    {"early_stopping": True, "max_iter": 200},
    {"early_stopping": False, "max_iter": 1000},
    {"early_stopping": True, "max_iter": 1000},
]


def read(path):
    """Dates as days, for scikit-learn."""
    frame = pd.read_csv(path)
    for name in ("customer since", "last use"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name]).astype("int64") / 86_400e9
    return frame.drop(columns="y"), frame["y"]


def pipeline(X, is_values, options):
    numeric = X.select_dtypes("number").columns
    words = X.columns.difference(numeric, sort=False)
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), words),
    )
    model = (MLPRegressor if is_values else MLPClassifier)(random_state=0, **options)
    return make_pipeline(encode, model)


def score(model, X, y, is_values):
    if is_values:
        return {"r2": r2_score(y, model.predict(X))}
    p = model.predict_proba(X)
    classes = list(model.classes_)
    scores = {
        "accuracy": accuracy_score(y, model.predict(X)),
        "logLoss": log_loss(y, p, labels=classes),
    }
    return scores if len(classes) > 2 else {**scores, "rocAuc": roc_auc_score(y == classes[1], p[:, 1])}


def main(folder, *names):
    out = Path(folder) / "sklearn.json"
    results = json.loads(out.read_text()) if out.exists() else {}
    for name in names or sorted(path.name for path in Path(folder).iterdir() if path.is_dir()):
        results[name] = []
        for options in VARIANTS:
            # 15,000 rows: 1000 epochs without early stopping only fit noise, and take an hour.
            if name == "churn" and options["max_iter"] == 1000:
                continue
            rows = []
            start = time.perf_counter()
            for k in range(10):
                X, y = read(Path(folder) / name / f"{k}-train.csv")
                is_values = y.dtype.kind == "f"
                model = pipeline(X, is_values, options).fit(X, y)
                rows.append(score(model, *read(Path(folder) / name / f"{k}-test.csv"), is_values))
            seconds = time.perf_counter() - start
            results[name].append({"options": options, "seconds": seconds, "splits": rows})
            means = {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]}
            print(name, options, {key: round(mean, 4) for key, mean in means.items()}, f"{seconds:.0f} s", flush=True)
            out.write_text(json.dumps(results, indent=1))


main(*sys.argv[1:])
