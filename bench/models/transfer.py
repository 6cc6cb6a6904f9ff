"""The part of transfer.ts that PyTorch does: argv[1] is a folder with rows, argv[2] the number of repetitions.

Trains a convnet on the digits 0 to 4, writes it to low.onnx, and prints for each repetition the share of right answers
on the test digits 5 to 9: of the convnet with a new last layer, and of one with new weights, both after the same steps.
"""

import copy
import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.onnx._internal import onnx_proto_utils

# The package onnx would add functions of onnxscript, of which there are none here.
onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, custom_opsets: model_bytes

folder, repetitions = sys.argv[1], int(sys.argv[2])
settings = json.load(open(f"{folder}/settings.json"))


def rows_of(name):
    pixels = np.fromfile(f"{folder}/{name}.inputs", np.uint8).reshape(-1, 1, 28, 28)
    return torch.tensor(pixels / np.float32(255)), torch.tensor(np.fromfile(f"{folder}/{name}.targets", np.uint8)).long()


def convnet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1600, 5),
    )


def learn(model, x, y, epochs, batch):
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["lr"])
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return model


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).double().mean().item()


torch.manual_seed(0)
low = learn(convnet(), *rows_of("low"), settings["lowEpochs"], settings["lowBatch"])
axes = {"x": {0: "batch"}, "y": {0: "batch"}}
example = torch.zeros(2, 1, 28, 28)
torch.onnx.export(low, example, f"{folder}/low.onnx", input_names=["x"], output_names=["y"], dynamic_axes=axes)
test = rows_of("test")
tuned, scratch = [], []
for repetition in range(repetitions):
    torch.manual_seed(repetition)
    few = rows_of(f"few-{repetition}")
    model = copy.deepcopy(low)
    model[-1] = nn.Linear(1600, 5)
    for start, found in ((model, tuned), (convnet(), scratch)):
        found.append(accuracy(learn(start, *few, settings["epochs"], settings["batch"]), *test))
print(json.dumps({"tuned": tuned, "scratch": scratch}))
