"""Trains deep nets in PyTorch from the weights that write.ts wrote, in float64, with batches in an order of its own.

    python3 train.py <folder> [own]

With `own` the weights are PyTorch's, of the same distributions. Prints the accuracy on the rows held out, a line a net.
"""

import json
import statistics
import sys
from pathlib import Path

import numpy as np
import torch

folder = Path(sys.argv[1])
own = sys.argv[2:] == ["own"]
setup = json.loads((folder / "setup.json").read_text())
widths = setup["widths"]
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
draw = {"glorot-normal": torch.nn.init.xavier_normal_, "he-normal": torch.nn.init.kaiming_normal_}


def rows_of(name):
    x = np.fromfile(folder / f"{name}-x.bin", np.uint8).reshape(-1, widths[0])
    y = np.fromfile(folder / f"{name}-y.bin", np.uint8)
    return torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))


def network(init, seed):
    start = torch.from_numpy(np.fromfile(folder / f"{init}-{seed}.bin"))
    activation = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}[setup["activation"]]
    modules = []
    for inputs, outputs in zip(widths, widths[1:]):
        linear = torch.nn.Linear(inputs, outputs)
        W, start = start[: inputs * outputs], start[inputs * outputs :]
        b, start = start[:outputs], start[outputs:]
        with torch.no_grad():
            linear.bias.copy_(b)
            if own:
                draw[init](linear.weight)
            else:
                linear.weight.copy_(W.reshape(inputs, outputs).T)
        modules += [linear, activation()]
    return torch.nn.Sequential(*modules[:-1])


def train(init, seed, options):
    torch.manual_seed(seed)
    net = network(init, seed)
    kind = getattr(torch.optim, options["kind"])
    optimizer = kind(net.parameters(), **{key: value for key, value in options.items() if key != "kind"})
    step = 0
    while step < setup["steps"]:
        for batch in torch.randperm(len(y)).split(setup["batch"])[: setup["steps"] - step]:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[batch] / 255.0), y[batch]).backward()
            optimizer.step()
            step += 1
    with torch.no_grad():
        return (net(held_x / 255.0).argmax(1) == held_y).double().mean().item()


x, y = rows_of("train")
held_x, held_y = rows_of("held")
for options in setup["optimizers"]:
    for init in setup["inits"]:
        shares = []
        for seed in range(1, setup["seeds"] + 1):
            shares.append(train(init, seed, options))
            print(init, options, f"seed {seed}: {shares[-1]:.2%}", flush=True)
        print(f"  median {statistics.median(shares):.2%}, {min(shares):.2%} to {max(shares):.2%}")
