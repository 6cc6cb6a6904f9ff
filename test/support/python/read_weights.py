"""Prints the outputs of each network of argv[1] with the weights of each of its files."""

import json
import sys

import numpy
import torch
from safetensors_file import load
from torch_modules import sequential


def read(path):
    if path.endswith(".npz"):
        with numpy.load(path) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    if path.endswith(".json"):
        with open(path) as file:
            tensors = json.load(file)["tensors"]
        return {name: torch.tensor(entry["values"]).reshape(entry["shape"]) for name, entry in tensors.items()}
    return load(path)


def answer(case, path):
    model = sequential(case["network"])
    # Strict: file and module must have the same tensors.
    model.load_state_dict(read(path), strict=True)
    return model(torch.tensor(case["x"])).tolist()


with open(sys.argv[1]) as file, torch.no_grad():
    print(json.dumps([[answer(case, path) for path in case["files"]] for case in json.load(file)]))
