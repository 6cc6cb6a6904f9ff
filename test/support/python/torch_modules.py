"""PyTorch networks from Gradloom specs, in float64, in evaluation mode."""

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class Residual(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


class Swiglu(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.gate = nn.Linear(inputs, outputs)
        self.value = nn.Linear(inputs, outputs)

    def forward(self, x):
        return F.silu(self.gate(x)) * self.value(x)


class Embedding(nn.Embedding):
    def forward(self, x):
        return super().forward(x.long()).flatten(1)


class Step(nn.Module):
    def forward(self, x):
        return (x >= 0).to(x.dtype)


def activation(spec):
    alpha = spec.get("alpha")
    return {
        "identity": nn.Identity,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky-relu": lambda: nn.LeakyReLU(0.01 if alpha is None else alpha),
        "elu": lambda: nn.ELU(1 if alpha is None else alpha),
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "softplus": nn.Softplus,
        "softsign": nn.Softsign,
        "step": Step,
    }[spec["fn"]]()


def build(specs, width):
    """The modules of a list of layers in the long form, and the width of their outputs."""
    modules = []
    for spec in specs:
        kind = spec["kind"]
        if kind == "dense":
            modules.append(nn.Linear(width, spec["out"]))
            width = spec["out"]
        elif kind == "activation":
            modules.append(activation(spec))
        elif kind == "dropout":
            modules.append(nn.Dropout(spec["rate"]))
        elif kind == "layer-norm":
            modules.append(nn.LayerNorm(width, eps=spec.get("epsilon", 1e-5)))
        elif kind == "batch-norm":
            modules.append(nn.BatchNorm1d(width, eps=spec.get("epsilon", 1e-5)))
        elif kind == "embedding":
            modules.append(Embedding(spec["vocabulary"], spec["width"]))
            width *= spec["width"]
        elif kind == "swiglu":
            modules.append(Swiglu(width, spec["out"]))
            width = spec["out"]
        elif kind == "residual":
            modules.append(Residual(build(spec["layers"], width)[0]))
    return modules, width


def sequential(network):
    return nn.Sequential(*build(network["layers"], network["input"])[0]).eval()
