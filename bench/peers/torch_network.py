"""A network of a workload in PyTorch, from its specification and its weights."""

import math

import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers, self.shortcut = layers, shortcut

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


def build(network, theta):
    """theta: all weights [P], layer by layer."""
    offset = 0

    def take(*shape):
        nonlocal offset
        offset += math.prod(shape)
        return theta[offset - math.prod(shape) : offset].reshape(shape)

    def filled(module, **tensors):
        module.double()
        for name, values in tensors.items():
            getattr(module, name).data.copy_(values)
        return module

    def stack(layers, shape):
        """The modules, and the shape of their outputs [H, W, C] or [C]."""
        modules = []
        order = None  # after flatten: where the inputs, which PyTorch has as [C, H, W], are in W
        for layer in layers:
            kind = layer["kind"]
            if kind == "dense":
                size, out = *shape, layer["out"]
                W = take(size, out)
                modules.append(filled(nn.Linear(size, out), weight=(W if order is None else W[order]).T, bias=take(out)))
                order, shape = None, [out]
            elif kind == "conv2d":
                out, k, groups = layer["out"], layer["kernel"], layer.get("groups", 1)
                stride, padding, bias = layer.get("stride", 1), layer.get("padding", 0), layer.get("bias", True)
                conv = nn.Conv2d(shape[2], out, k, stride, padding, groups=groups, bias=bias)
                filled(conv, weight=take(k, k, shape[2] // groups, out).permute(3, 2, 0, 1))
                modules.append(filled(conv, bias=take(out)) if bias else conv)
                shape = [*((n + 2 * padding - k) // stride + 1 for n in shape[:2]), out]
            elif kind == "batch-norm":
                norm, C = nn.BatchNorm2d(shape[2]), shape[2]
                modules.append(filled(norm, weight=take(C), bias=take(C), running_mean=take(C), running_var=take(C)))
            elif kind == "residual":
                inner, out = stack(layer["layers"], shape)
                shortcut = stack(layer["shortcut"], shape)[0] if "shortcut" in layer else nn.Identity()
                modules.append(Residual(inner, shortcut))
                shape = out
            elif kind == "max-pool":
                modules.append(nn.MaxPool2d(layer["size"]))
                shape = [*(n // layer["size"] for n in shape[:2]), shape[2]]
            elif kind == "global-avg-pool":
                modules += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
                shape = shape[2:]
            elif kind == "flatten":
                modules.append(nn.Flatten())
                shape, order = [math.prod(shape)], torch.arange(math.prod(shape)).reshape(shape).permute(2, 0, 1).flatten()
            elif kind == "dropout":
                modules.append(nn.Dropout(layer["rate"]))
            elif kind == "activation" and layer["fn"] in ("relu", "sigmoid"):
                modules.append(nn.ReLU() if layer["fn"] == "relu" else nn.Sigmoid())
            else:
                raise ValueError(f"no PyTorch module for {layer}")
        return nn.Sequential(*modules), shape

    shape = network["input"]
    return stack(network["layers"], shape if isinstance(shape, list) else [shape])[0]
