"""Writes the tables of the contest, and ten train and test files of each: seven tables split ten times, and seven with
many categories, drawn anew for each split.

    python3 make_tables.py <folder> <penguins.json> [seed]

`penguins.json` is `data/penguins.json` of the npm package vega-datasets. Needs scikit-learn and pandas. Every number
follows from a seed, so two machines write the same files. The defaults of `gradloom train` were chosen on the splits
and tables of seed 1; those of seed 0 are the contest's.
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
    a linear model cannot express; 8 % do."""
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


def codes(random, n, count):
    """Numbers of categories, some of them ten times as frequent as others."""
    p = (1 + np.arange(count)) ** -0.5
    return random.choice(count, n, p=p / p.sum())


def effects(random, code, *shape):
    """The effect of each row's category: a normal number."""
    return random.normal(size=(code.max() + 1, *shape))[code]


def words(name, code):
    return [f"{name} {k}" for k in code]


def is_above(random, score, sharpness=2.0):
    """Two classes of the same size, from a score with standard deviation 1 and noise."""
    return np.where(sharpness * score + random.logistic(0, 1, len(score)) > 0, "yes", "no")


def districts(random, n=4000, count=200):
    """Prices of flats in units of 100,000, which suit scikit-learn: each district has a price per square metre."""
    district, area = codes(random, n, count), random.gamma(8, 10, n).round(1)
    rooms, year = np.maximum(1, (area / 25 + random.normal(0, 0.7, n)).round()), random.integers(1900, 2024, n)
    metre = np.exp(8 + 0.35 * effects(random, district) + 0.1 * np.sin((year - 1900) / 20))
    price = area * metre + 8_000 * rooms + random.normal(0, 30_000, n)
    columns = {"district": words("district", district), "area": area, "rooms": rooms, "year": year}
    return {**columns, "y": (price / 1e5).round(5)}


def streets(random):
    """Prices of flats with few rows: five for each street."""
    return districts(random, 400, 80)


def catalogue(random, n=4500):
    """Two columns of 100 words that act together with numbers, and one without information."""
    brand, kind, batch = (codes(random, n, 100) for _ in range(3))
    size, weight = random.normal(size=(2, n)).round(4)
    y = effects(random, brand) + effects(random, kind) * size + np.sin(2 * weight) + random.normal(0, 0.7, n)
    return {
        "brand": words("brand", brand),
        "kind": words("kind", kind),
        "batch": words("batch", batch),
        "size": size,
        "weight": weight,
        "y": y.round(4),
    }


def orders(random, n=3000):
    """Two classes by four columns of words and two numbers."""
    counts = {"brand": 60, "city": 90, "month": 12, "colour": 8}
    columns = {name: codes(random, n, count) for name, count in counts.items()}
    price, age = random.normal(size=(2, n)).round(4)
    score = sum(effects(random, code) for code in columns.values()) / 2 + price * np.where(age > 0, 1, -1)
    return {
        **{name: words(name, code) for name, code in columns.items()},
        "price": price,
        "age": age,
        "y": is_above(random, score / 1.4),
    }


def answers(random, n=2500):
    """Four classes by eight columns of words only."""
    columns = {f"question {k}": codes(random, n, 5 + 4 * k) for k in range(8)}
    score = sum(effects(random, code, 4) for code in columns.values()) / 8**0.5
    y = np.argmax(2 * score + random.gumbel(size=(n, 4)), axis=1)
    return {**{name: words("answer", code) for name, code in columns.items()}, "y": words("class", y)}


def noise(random, n=1500):
    """Two classes by five numbers, with three columns of 50 words without information."""
    x = random.normal(size=(5, n)).round(4)
    score = (x[0] * x[1] + x[2] + np.abs(x[3]) - 0.8 + 0.5 * x[4]) / 1.6
    return {
        **{f"x{k}": column for k, column in enumerate(x)},
        **{f"code {k}": words("code", codes(random, n, 50)) for k in range(3)},
        "y": is_above(random, score, 3),
    }


def mixed(random, n=2000):
    """Three classes by a column of 100 words and three of six numbers, with a column of 60 words without information,
    with gaps in both kinds."""
    shop, clerk, x = codes(random, n, 100), codes(random, n, 60), random.normal(size=(6, n)).round(4)
    score = 0.7 * effects(random, shop, 3) + np.stack([x[0] * x[1], x[1] + x[2], np.cos(2 * x[0])], axis=1)
    y = np.argmax(1.5 * score + random.gumbel(size=(n, 3)), axis=1)
    columns = {"shop": words("shop", shop), "clerk": words("clerk", clerk), **{f"x{k}": x[k] for k in range(6)}}
    for name in ("shop", "x0", "x5"):
        columns[name] = pd.Series(columns[name]).where(random.random(n) >= 0.05)
    return {**columns, "y": words("class", y)}


OF_CATEGORIES = (districts, streets, catalogue, orders, answers, noise, mixed)


def main(folder, penguins_path, seed=0):
    for place, make in enumerate(OF_CATEGORIES):
        into = Path(folder) / make.__name__
        into.mkdir(parents=True, exist_ok=True)
        for k in range(SPLITS):
            frame = pd.DataFrame(make(np.random.default_rng([int(seed), place, k])))
            first_test = round(len(frame) * (1 - TEST_SHARE))
            frame[:first_test].to_csv(into / f"{k}-train.csv", index=False)
            frame[first_test:].to_csv(into / f"{k}-test.csv", index=False)
        print(f"{make.__name__}: {len(frame)} rows, {frame.shape[1] - 1} columns, ten times")
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
