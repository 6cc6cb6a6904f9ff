"""Writes the seven tables of the contest, and ten train and test files of each.

    python3 make_tables.py <folder> <penguins.json> [seed of the splits]

`penguins.json` is `data/penguins.json` of the npm package vega-datasets. Needs scikit-learn and pandas. Every number
follows from a seed, so two machines write the same files. The defaults of `gradloom train` were chosen on the splits of
seed 1; those of seed 0 are the contest's.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

SPLITS = 10
TEST_SHARE = 0.25
CHURN_ROWS = 20_000
POSITIVES = 0.08


def of_sklearn(load):
    """A table of scikit-learn with the target as its last column, `y`: names of classes, or values."""
    bunch = load(as_frame=True)
    frame = bunch.data.copy()
    names = getattr(bunch, "target_names", None)
    is_classes = names is not None and len(names) > 0 and load is not datasets.load_diabetes
    frame["y"] = [str(names[k]) for k in bunch.target] if is_classes else bunch.target
    return frame


def digits():
    frame = of_sklearn(datasets.load_digits)
    frame["y"] = "digit " + frame["y"]
    return frame


def penguins(path):
    frame = pd.DataFrame(json.loads(Path(path).read_text()))
    frame["Sex"] = frame["Sex"].where(frame["Sex"].isin(["MALE", "FEMALE"]))
    frame["y"] = frame.pop("Species")
    return frame


def churn(seed=17):
    """Customers of a telephone company. Whether one leaves follows from products and thresholds of the columns, which
    a linear model cannot say; 8 % do."""
    random = np.random.default_rng(seed)
    n = CHURN_ROWS
    plan = random.choice(["basic", "plus", "pro", "family", "prepaid"], n, p=[0.35, 0.25, 0.15, 0.15, 0.10])
    region = random.choice([f"region {k}" for k in range(12)], n)
    contract = random.choice(["monthly", "yearly", "two years"], n, p=[0.55, 0.3, 0.15])
    device = random.choice(["android", "iphone", "feature phone"], n, p=[0.55, 0.4, 0.05]).astype(object)
    is_business = random.random(n) < 0.2
    age = np.clip(random.normal(44, 15, n), 18, 95).round()
    monthly_fee = random.gamma(4, 8, n).round(2)
    usage_gb = random.lognormal(2, 1, n).round(3)
    dropped_share = random.beta(2, 400, n)  # about 5e-3
    lifetime_value = random.lognormal(13, 1, n).round()  # about 4e5
    support_calls = random.poisson(1.2, n)
    tenure_days = random.integers(1, 3650, n)
    since = np.datetime64("2024-12-31") - tenure_days.astype("timedelta64[D]")
    quiet_minutes = random.gamma(1.5, 9_000, n).astype(int)
    last_use = np.datetime64("2024-12-31T12:00") - quiet_minutes.astype("timedelta64[m]")
    quality = (dropped_share - 0.005) / 0.0035
    heavy = (np.log(usage_gb) - 2) / 1.0
    worth = (np.log(lifetime_value) - 13) / 1.0
    score = (
        1.4 * quality * np.sign(heavy) * np.minimum(np.abs(heavy), 1.5)
        + 1.5 * np.where((plan == "basic") == (contract == "monthly"), 1, -1)
        + 1.2 * (((age - 44) / 15) ** 2 - 1)
        + np.where(is_business, -1, 1) * 0.8 * (support_calls - 1.2)
        - 0.9 * worth * np.where(tenure_days < 700, -1, 1)
        + 1.0 * (tenure_days < 400) * (contract == "monthly")
        + 0.8 * (quiet_minutes > 30_000)
        + 0.3 * (monthly_fee - 32) / 16
    )
    score = 1.3 * score + random.logistic(0, 1, n)
    leaves = score > np.quantile(score, 1 - POSITIVES)
    frame = pd.DataFrame(
        {
            "customer since": since.astype(str),
            "last use": pd.Series(last_use).dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "plan": plan,
            "contract": contract,
            "region": region,
            "device": device,
            "business": np.where(is_business, "yes", "no"),
            "age": age,
            "monthly fee": monthly_fee,
            "usage": usage_gb,
            "dropped calls": dropped_share.round(6),
            "support calls": support_calls,
            "lifetime value": lifetime_value,
        }
    )
    for column, share in {"age": 0.06, "device": 0.1, "usage": 0.03, "business": 0.02}.items():
        frame[column] = frame[column].astype(object).where(random.random(n) >= share)
    frame["y"] = np.where(leaves, "leaves", "stays")
    return frame


def main(folder, penguins_path, seed=0):
    tables = {
        "iris": of_sklearn(datasets.load_iris),
        "wine": of_sklearn(datasets.load_wine),
        "breast-cancer": of_sklearn(datasets.load_breast_cancer),
        "digits": digits(),
        "penguins": penguins(penguins_path),
        "diabetes": of_sklearn(datasets.load_diabetes),
        "churn": churn(),
    }
    for name, frame in tables.items():
        into = Path(folder) / name
        into.mkdir(parents=True, exist_ok=True)
        frame.to_csv(into / "table.csv", index=False)
        is_values = name == "diabetes"
        split = (ShuffleSplit if is_values else StratifiedShuffleSplit)(SPLITS, test_size=TEST_SHARE, random_state=int(seed))
        for k, (train, test) in enumerate(split.split(frame, None if is_values else frame["y"])):
            frame.iloc[train].to_csv(into / f"{k}-train.csv", index=False)
            frame.iloc[test].to_csv(into / f"{k}-test.csv", index=False)
        print(f"{name}: {len(frame)} rows, {frame.shape[1] - 1} columns")


main(*sys.argv[1:])
