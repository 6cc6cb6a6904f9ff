"""Trains low-rank additions beside frozen weights by Adam, all of it by hand, and prints what they have become.

argv[1] is a JSON file: the weights by name, the rows x [B, T, C] and classes t [B], heads, scale, lr and steps. The
network is a causal attention, a dense layer at each position and tanh, the mean over positions, and a dense layer.
"""

import json
import sys

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
with open(sys.argv[1]) as file:
    case = json.load(file)
weights = {name: torch.tensor(value["values"], dtype=torch.float64).reshape(value["shape"]) for name, value in case["weights"].items()}
learning = [weight.requires_grad_() for name, weight in weights.items() if ".lora" in name]


def product(x, layer, W, b):
    y = x @ weights[f"{layer}.{W}"] + weights[f"{layer}.{b}"]
    return y + (x @ weights[f"{layer}.{W}.loraA"] @ weights[f"{layer}.{W}.loraB"]) * case["scale"]


def attention(x):
    B, T, C = x.shape
    H = case["heads"]
    q, k, v = (part.reshape(B, T, H, C // H).transpose(1, 2) for part in product(x, "0", "Wqkv", "bqkv").split(C, -1))
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return product(y.transpose(1, 2).reshape(B, T, C), "0", "Wo", "bo")


x, t = torch.tensor(case["x"]), torch.tensor(case["t"])
optimizer = torch.optim.Adam(learning, lr=case["lr"], eps=1e-8)
for _ in range(case["steps"]):
    optimizer.zero_grad()
    y = torch.tanh(product(attention(x), "1", "W", "b")).mean(1)
    F.cross_entropy(product(y, "4", "W", "b"), t).backward()
    optimizer.step()
print(json.dumps({name: weight.flatten().tolist() for name, weight in weights.items()}))
