"""Runs each model of argv[1] in onnxruntime, and prints its inputs, its outputs or why it does not run."""

import json
import sys

import numpy
import onnxruntime

TYPES = {"tensor(double)": numpy.float64, "tensor(float)": numpy.float32, "tensor(string)": numpy.object_, "tensor(int64)": numpy.int64}


def run(case):
    session = onnxruntime.InferenceSession(case["path"], providers=["CPUExecutionProvider"])
    feeds = {}
    for value in session.get_inputs():
        given = case["inputs"][value.name]
        if isinstance(given, dict):
            feeds[value.name] = numpy.array(given["numbers"], dtype=TYPES[value.type]).reshape(given["dims"])
            continue
        # JSON has no NaN, so null stands for it.
        cells = numpy.array(given, dtype=TYPES[value.type])
        feeds[value.name] = cells.reshape(len(cells), *value.shape[1:])
    for value in session.get_overridable_initializers():  # inputs that may be left out
        if value.name in case["inputs"]:
            feeds[value.name] = numpy.array(case["inputs"][value.name], dtype=TYPES[value.type])
    names = [value.name for value in session.get_outputs()]
    results, shapes = {}, {}
    kind = ""
    for name, array in zip(names, session.run(names, feeds)):
        shapes[name] = array.shape
        # As text, since JSON has no NaN or infinity.
        isReal = array.dtype.kind == "f"
        kind = kind or (str(array.dtype) if isReal else "")
        results[name] = [repr(x) for x in array.ravel().tolist()] if isReal else array.tolist()
    return {"type": kind, "outputs": results, "shapes": shapes, "metadata": session.get_modelmeta().custom_metadata_map}


def attempt(case):
    try:
        return run(case)
    except Exception as error:
        return {"error": str(error)}


onnxruntime.set_default_logger_severity(4)
with open(sys.argv[1]) as file:
    print(json.dumps([attempt(case) for case in json.load(file)]))
