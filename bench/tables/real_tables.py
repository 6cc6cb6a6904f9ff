"""Compares `gradloom train --dataset <file> --target y` with scikit-learn's models, all by their defaults, on the tables
that real_tables.R writes.

    npm run bench:tables -- <folder> [--seed 0] [--splits 3] [table ...]

A table of more than 12,000 rows is sampled; a quarter of the rows is the test. Results are kept in the folder, so that a
run that was ended goes on. scikit-learn's boosted trees get columns of words as categories; its other models get them
one-hot, and numbers standardised, with gaps filled by the median. Needs `npm run build`, scikit-learn, pandas and R.
"""

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
PROGRAM = HERE / "../../packages/cli/bin/gradloom.js"
MODELS = {
    "boosted trees": (HistGradientBoostingClassifier, HistGradientBoostingRegressor),
    "forest": (RandomForestClassifier, RandomForestRegressor),
    "MLP": (MLPClassifier, MLPRegressor),
    "linear": (LogisticRegression, Ridge),
}
MOST_ROWS = 12_000
MOST_CATEGORIES = 254  # boosted trees take 255 at most


def read(path):
    frame = pd.read_csv(path, low_memory=False, na_values=[""], keep_default_na=False)
    for name in frame.columns[:-1]:
        if frame[name].dtype == bool:
            frame[name] = frame[name].astype(int)
        elif frame[name].dtype == object:
            frame[name] = frame[name].map(lambda cell: cell if cell != cell else str(cell))
    return frame


def gradloom(train, test):
    """Classes and their probabilities, or values, for the rows of a file."""
    with tempfile.TemporaryDirectory() as folder:
        run = f"{folder}/run"
        start = time.perf_counter()
        command = ["node", PROGRAM, "train", "--dataset", train, "--target", "y", "--out", run, "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        command = ["node", PROGRAM, "predict", run, test, "--json"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answers = [json.loads(line) for line in lines.strip().split("\n")]
    if "probabilities" not in answers[0]:
        return None, np.array([answer["prediction"] for answer in answers]), seconds
    classes = sorted(answers[0]["probabilities"])
    return classes, np.array([[answer["probabilities"][name] for name in classes] for answer in answers]), seconds


def scikit(name, train, test):
    X, y = train.drop(columns="y"), train.y
    V = test.drop(columns="y")
    is_classes = y.dtype == object
    model = MODELS[name][0 if is_classes else 1]()
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    if name == "boosted trees":
        model.set_params(categorical_features="from_dtype")
        for column in X.select_dtypes(object):
            categories = X[column].value_counts().index[:MOST_CATEGORIES]
            X = X.assign(**{column: pd.Categorical(X[column], categories=categories)})
            V = V.assign(**{column: pd.Categorical(V[column], categories=categories)})
    else:
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=100, sparse_output=False)
        words = make_pipeline(SimpleImputer(strategy="constant", fill_value="?"), one_hot)
        columns = make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (words, make_column_selector(dtype_include=object)),
        )
        model = make_pipeline(columns, model)
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    return (list(model.classes_), model.predict_proba(V), seconds) if is_classes else (None, model.predict(V), seconds)


def score(classes, answers, y):
    if classes is None:
        return {"R²": r2_score(y, answers)}
    shares = answers / answers.sum(axis=1, keepdims=True)
    scores = {"log loss": log_loss(y, shares, labels=classes)}
    if len(classes) == 2:
        return {**scores, "AUC": roc_auc_score(y == classes[1], shares[:, 1])}
    return {**scores, "accuracy": accuracy_score(y, [classes[k] for k in shares.argmax(axis=1)])}


def report(results):
    names = list(next(iter(results.values())))
    for kind, metrics in {"by R² or log loss": ["R²", "log loss"], "by R², AUC or accuracy": ["R²", "AUC", "accuracy"]}.items():
        print(f"\n| {kind} | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
        ranks = []
        for table, scores in results.items():
            metric = next(metric for metric in metrics if metric in scores[names[0]][0])
            means = [np.mean([split[metric] for split in scores[name]]) for name in names]
            order = np.argsort(means if metric == "log loss" else -np.array(means))
            ranks.append(np.argsort(order) + 1)
            print(f"| {table}, {metric} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")
        print("| mean rank | " + " | ".join(f"{rank:.2f}" for rank in np.mean(ranks, axis=0)) + " |")
    seconds = [sum(np.mean([split["seconds"] for split in scores[name]]) for scores in results.values()) for name in names]
    print("\n| seconds of training | " + " | ".join(f"{value:.0f}" for value in seconds) + " |")


def main():
    parser = argparse.ArgumentParser(prog="npm run bench:tables --")
    parser.add_argument("folder", type=Path)
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--splits", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    raw = options.folder / "tables"
    if not raw.exists():
        raw.mkdir(parents=True)
        subprocess.run(["Rscript", HERE / "real_tables.R", raw], check=True)
    kept = options.folder / f"results-{options.seed}-{options.splits}.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for path in sorted(raw.glob("*.csv")):
        if path.stem in results or (options.tables and path.stem not in options.tables):
            continue
        frame = read(path)
        if len(frame) > MOST_ROWS:
            frame = frame.sample(MOST_ROWS, random_state=options.seed)
        scores = {}
        for k in range(options.splits):
            strata = frame.y if frame.y.dtype == object else None
            train, test = train_test_split(
                frame, test_size=0.25, random_state=1000 * options.seed + k, stratify=strata
            )
            files = [options.folder / name for name in ("train.csv", "test.csv")]
            train.to_csv(files[0], index=False)
            test.to_csv(files[1], index=False)
            answered = {"Gradloom": gradloom(*files), **{name: scikit(name, train, test) for name in MODELS}}
            for name, (classes, answers, seconds) in answered.items():
                scores.setdefault(name, []).append({**score(classes, answers, test.y), "seconds": seconds})
        results[path.stem] = scores
        kept.write_text(json.dumps(results, indent=1))
        print(path.stem, flush=True)
    report(results)


main()
