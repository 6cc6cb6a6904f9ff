"""Draws weights for each network of argv[1], writes them into its folder, and prints the networks' outputs."""

import json
import sys

import numpy
import torch
from safetensors_file import save
from torch_modules import sequential


def draw(model):
    torch.manual_seed(5)  # of each network, so that no case changes the weights of others
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.copy_(torch.rand_like(tensor) + 0.5)
        elif tensor.is_floating_point():
            tensor.copy_(torch.randn_like(tensor))


def write(case):
    folder = case["folder"]
    model = sequential(case["network"])
    draw(model)
    answers = {}
    for name in ["float64", "float32", "float16", "bfloat16"]:
        dtype = getattr(torch, name)
        weights = {
            key: tensor.to(dtype) if tensor.is_floating_point() else tensor
            for key, tensor in model.state_dict().items()
        }
        save(f"{folder}/{name}.safetensors", weights)
        if name != "bfloat16":
            arrays = {key: tensor.numpy() for key, tensor in weights.items()}
            numpy.savez(f"{folder}/{name}.npz", **arrays)
            numpy.savez_compressed(f"{folder}/{name}-deflated.npz", **arrays)
            columns = {key: numpy.asfortranarray(array) for key, array in arrays.items()}
            numpy.savez(f"{folder}/{name}-columns.npz", **columns)
        rounded = sequential(case["network"])
        rounded.load_state_dict({k: t.double() if t.is_floating_point() else t for k, t in weights.items()})
        answers[name] = rounded(torch.tensor(case["x"])).tolist()
    return answers


with open(sys.argv[1]) as file, torch.no_grad():
    print(json.dumps([write(case) for case in json.load(file)]))
