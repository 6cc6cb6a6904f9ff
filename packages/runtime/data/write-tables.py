"""Writes the tables of this folder. Needs scikit-learn (1.4 wrote them) and, for the penguins, the file
data/penguins.json of the npm package vega-datasets (3.2.1): python3 write-tables.py penguins.json"""

import csv
import gzip
import io
import json
import os
import sys

from sklearn import datasets

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, header, rows, pack=False):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode()
    if pack:
        content = gzip.compress(content, compresslevel=9, mtime=0)
    with open(os.path.join(HERE, name + (".csv.gz" if pack else ".csv")), "wb") as file:
        file.write(content)


def number(value):
    value = float(value)
    return str(int(value)) if value == int(value) else repr(value)


def title(name):
    return name.replace(" (cm)", "").replace(" ", "_").replace("/", "_")


def write_known(name, known, target, label=lambda known, value: known.target_names[value], pack=False):
    rows = [[number(v) for v in x] + [label(known, t)] for x, t in zip(known.data, known.target)]
    write(name, [title(column) for column in known.feature_names] + [target], rows, pack)


write_known("iris", datasets.load_iris(), "species")
write_known("wine", datasets.load_wine(), "cultivar", lambda _, value: f"cultivar_{value + 1}")
write_known("breast-cancer", datasets.load_breast_cancer(), "diagnosis", pack=True)
write_known("diabetes", datasets.load_diabetes(scaled=False), "progression", lambda _, value: number(value))
write_known("digits", datasets.load_digits(), "digit", lambda _, value: number(value), pack=True)

COLUMNS = {
    "island": "Island",
    "bill_length_mm": "Beak Length (mm)",
    "bill_depth_mm": "Beak Depth (mm)",
    "flipper_length_mm": "Flipper Length (mm)",
    "body_mass_g": "Body Mass (g)",
    "sex": "Sex",
    "species": "Species",
}


def cell(column, value):
    if value is None or value == ".":  # one bird's sex is a dot, which is a gap in later versions of the table
        return ""
    if column == "sex":
        return value.lower()
    return value if isinstance(value, str) else number(value)


with open(sys.argv[1], encoding="utf-8") as source:
    birds = json.load(source)
write("penguins", COLUMNS, [[cell(column, bird[key]) for column, key in COLUMNS.items()] for bird in birds])
