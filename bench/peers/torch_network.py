"""A network of a workload in PyTorch, from its specification and its weights."""

import math

import torch
from torch import nn


class PositionEmbedding(nn.Module):
    def __init__(self, T, C):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(T, C))
        self.first = None  # where a text that is written goes on

    def forward(self, x):
        if self.first is None:
            return x + self.weight
        self.first += x.shape[1]
        return x + self.weight[self.first - x.shape[1] : self.first]


class SelfAttention(nn.Module):
    """As in nanoGPT: one product for queries, keys and values, and attention that PyTorch has fused."""

    def __init__(self, width, heads, bias):
        super().__init__()
        self.heads = heads
        self.inputs, self.outputs = nn.Linear(width, 3 * width, bias), nn.Linear(width, width, bias)
        self.cache = None  # keys and values [B, heads, T, d] of a text that is written, one token at a time
        self.first = None

    def forward(self, x):
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.inputs(x).chunk(3, 2))
        if self.first is not None:
            if self.first == 0:
                self.cache = [torch.empty(k.shape[0], k.shape[1], 1024, k.shape[3], dtype=k.dtype) for _ in range(2)]
            for cache, part in zip(self.cache, (k, v)):
                cache[:, :, self.first : self.first + 1] = part
            self.first += 1
            k, v = (cache[:, :, : self.first] for cache in self.cache)
            y = nn.functional.scaled_dot_product_attention(q, k, v)
            return self.outputs(y.transpose(1, 2).flatten(2))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.outputs(y.transpose(1, 2).flatten(2))


class Recurrent(nn.Module):
    """The states after all positions, without the last one that PyTorch returns beside them."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class Concat(nn.Module):
    """Channels one after the other."""

    def forward(self, *xs):
        return torch.cat(xs, 1)


class Branches(nn.Module):
    """Modules in sequence, some of which read others than the one before. What nothing reads later is not held."""

    def __init__(self, modules, reads):
        super().__init__()
        self.modules_in_order, self.reads = nn.ModuleList(modules), reads  # by index of a value; 0 is the input

    def forward(self, x):
        held = {0: x}
        for k, (module, read) in enumerate(zip(self.modules_in_order, self.reads)):
            held[k + 1] = module(*[held[value] for value in read])
            held = {value: rows for value, rows in held.items() if any(value in later for later in self.reads[k + 1 :])} | {
                k + 1: held[k + 1]
            }
        return held[len(self.reads)]


class Residual(nn.Module):
    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers, self.shortcut = layers, shortcut

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


RECURRENT = {"gru": nn.GRU, "lstm": nn.LSTM}
ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


def build(network, theta):
    """theta: all weights [P], layer by layer."""
    offset = 0
    tables = {}  # embeddings by their paths

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
        """The modules, and the shape of their outputs [H, W, C], [T, C] or [C]."""
        modules, shapes = [], [shape]
        reads = []  # of each module: values, of which the input is 0
        order = None  # after flatten: where the inputs, which PyTorch has as [C, H, W], are in W
        for layer in layers:
            kind = layer["kind"]
            of = layer.get("of", str(len(modules) - 1))  # paths of modules that are layers
            reads.append([int(name) + 1 for name in ([of] if isinstance(of, str) else of)])
            shape = shapes[reads[-1][0]]
            if kind == "dense":
                size, out, bias = shape[-1], layer["out"], layer.get("bias", True)
                linear = nn.Linear(size, out, bias).double()
                if "tiedTo" in layer:
                    linear.weight = tables[layer["tiedTo"]].weight
                else:
                    W = take(size, out)
                    filled(linear, weight=(W if order is None else W[order]).T)
                modules.append(filled(linear, bias=take(out)) if bias else linear)
                order, shape = None, [*shape[:-1], out]
            elif kind == "embedding":
                size = layer["vocabulary"], layer["width"]
                tables[str(len(modules))] = filled(nn.Embedding(*size), weight=take(*size))
                modules.append(tables[str(len(modules))])
                shape = [*shape, size[1]]
            elif kind == "position-embedding":
                modules.append(filled(PositionEmbedding(*shape), weight=take(*shape)))
            elif kind == "layer-norm":
                norm, C = nn.LayerNorm(shape[-1], layer.get("epsilon", 1e-5), bias=layer.get("bias", True)), shape[-1]
                modules.append(filled(norm, **{name: take(C) for name, _ in norm.named_parameters()}))
            elif kind == "self-attention":
                C, bias = shape[-1], layer.get("bias", True)
                attention = SelfAttention(C, layer["heads"], bias)
                for linear, O in (attention.inputs, 3 * C), (attention.outputs, C):
                    filled(linear, weight=take(C, O).T)
                    if bias:
                        filled(linear, bias=take(O))
                modules.append(attention)
            elif kind in RECURRENT:
                C, out = shape[-1], layer["out"]
                recurrent = RECURRENT[kind](C, out, batch_first=True)
                G = recurrent.bias_hh_l0.numel()
                for part, size in ("ih", C), ("hh", out):
                    weights = {f"weight_{part}_l0": take(size, G).T, f"bias_{part}_l0": take(G)}
                    filled(recurrent, **weights)
                modules.append(Recurrent(recurrent))
                shape = [*shape[:-1], out]
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
            elif kind == "conv2d-transpose":
                out, k, stride = layer["out"], layer["kernel"], layer.get("stride", 1)
                conv = nn.ConvTranspose2d(shape[2], out, k, stride)
                weight = take(k, k, out, shape[2]).permute(3, 2, 0, 1)
                modules.append(filled(conv, weight=weight, bias=take(out)))
                shape = [*((n - 1) * stride + k for n in shape[:2]), out]
            elif kind == "concat":
                modules.append(Concat())
                shape = [*shape[:2], sum(shapes[value][2] for value in reads[-1])]
            elif kind == "clip" and (layer["min"], layer["max"]) == (0, 6):
                modules.append(nn.ReLU6())
            elif kind == "residual":
                inner, out = stack(layer["layers"], shape)
                shortcut = stack(layer["shortcut"], shape)[0] if "shortcut" in layer else nn.Identity()
                modules.append(Residual(inner, shortcut))
                shape = out
            elif kind == "max-pool":
                modules.append(nn.MaxPool2d(layer["size"]))
                shape = [*(n // layer["size"] for n in shape[:2]), shape[2]]
            elif kind == "global-avg-pool":
                modules.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
                shape = shape[2:]
            elif kind == "flatten":
                modules.append(nn.Flatten())
                shape, order = [math.prod(shape)], torch.arange(math.prod(shape)).reshape(shape).permute(2, 0, 1).flatten()
            elif kind == "dropout":
                modules.append(nn.Dropout(layer["rate"]))
            elif kind == "activation" and layer["fn"] in ACTIVATIONS:
                modules.append(ACTIVATIONS[layer["fn"]]())
            else:
                raise ValueError(f"no PyTorch module for {layer}")
            shapes.append(shape)
        is_chain = all(read == [k] for k, read in enumerate(reads))
        return nn.Sequential(*modules) if is_chain else Branches(modules, reads), shape

    shape = network["input"]
    return stack(network["layers"], shape if isinstance(shape, list) else [shape])[0]
