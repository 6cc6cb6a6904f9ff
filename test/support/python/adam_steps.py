"""Trains each network of argv[1] from the weights of its file by Adam on the mean squared error, and writes the weights."""

import json
import sys

import torch
from safetensors_file import load, save
from torch.nn import functional as F
from torch_modules import sequential


def train(case, lr, epsilon, steps):
    model = sequential(case["network"]).train()
    model.load_state_dict(load(case["weights"]))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, eps=epsilon)
    x, t = torch.tensor(case["x"]), torch.tensor(case["t"])
    if case["lengths"] is not None:
        model.lengths = torch.tensor(case["lengths"])
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss(model(x), t).backward()
        optimizer.step()
    save(case["path"], model.state_dict())


with open(sys.argv[1]) as file:
    document = json.load(file)
for case in document["cases"]:
    train(case, document["lr"], document["epsilon"], document["steps"])
print("null")
