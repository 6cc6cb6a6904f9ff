"""Trains each network of argv[1] from the weights of its file by Adam, and writes the weights.

The loss is the mean squared error, or that of each output times its weight.
"""

import json
import sys

import torch
from safetensors_file import load, save
from torch.nn import functional as F
from torch_modules import sequential


def loss_of(y, t, heads):
    if heads is None:
        return F.mse_loss(y, t)
    total = 0
    for head in heads:
        part = y[:, head["start"] : head["start"] + head["size"]]
        targets = t[:, head["targetStart"] : head["targetStart"] + head["targetColumns"]]
        if head["loss"] == "mse":
            loss = F.mse_loss(part, targets)
        elif head["loss"] == "output":
            loss = part.mean()
        else:
            classes = head["size"] // head["targetColumns"]
            loss = F.cross_entropy(part.reshape(-1, classes), targets.reshape(-1).long())
        total = total + head["weight"] * loss
    return total


def train(case, lr, epsilon, steps):
    model = sequential(case["network"]).train()
    model.load_state_dict(load(case["weights"]))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, eps=epsilon)
    x, t = torch.tensor(case["x"]), torch.tensor(case["t"])
    if case["lengths"] is not None:
        model.lengths = torch.tensor(case["lengths"])
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(model(x), t, case.get("heads")).backward()
        optimizer.step()
    save(case["path"], model.state_dict())


with open(sys.argv[1]) as file:
    document = json.load(file)
for case in document["cases"]:
    train(case, document["lr"], document["epsilon"], document["steps"])
print("null")
