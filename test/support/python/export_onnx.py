"""Writes a convnet and an MLP of PyTorch to ONNX files in folder argv[1], and prints rows with their answers.

Also the answers after steps of SGD with the mean squared error.
"""

import json
import sys

import torch
from torch import nn
from torch.onnx._internal import onnx_proto_utils

# The package onnx would add functions of onnxscript, of which there are none here.
onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, custom_opsets: model_bytes

torch.manual_seed(49)
RATE = 0.1
STEPS = 3
MODELS = {
    "mlp": (nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3)), [6]),
    "convnet": (
        nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 4, 3, stride=2),
            nn.Sigmoid(),
            nn.Flatten(),
            nn.Linear(4 * 2 * 1, 10),
        ),
        [3, 10, 8],
    ),
}


def run(name, model, shape):
    x = torch.randn(8, *shape)
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    path = f"{sys.argv[1]}/{name}.onnx"
    torch.onnx.export(model.eval(), x, path, input_names=["x"], output_names=["y"], dynamic_axes=axes)
    with torch.no_grad():
        answers = model(x)
    targets = torch.randn(*answers.shape)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), targets).backward()
        optimizer.step()
    with torch.no_grad():
        trained = model(x)
    tensors = {"x": x.flatten(1), "y": answers, "targets": targets, "trained": trained}
    return {key: value.tolist() for key, value in tensors.items()}


print(json.dumps({"lr": RATE, "steps": STEPS, "models": {name: run(name, *one) for name, one in MODELS.items()}}))
