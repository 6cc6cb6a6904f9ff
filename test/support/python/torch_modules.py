"""PyTorch networks from Gradloom specs, in float64, in evaluation mode."""

import math

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class Residual(nn.Module):
    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x):
        return self.shortcut(x) + self.layers(x)


class Swiglu(nn.Module):
    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        self.gate = nn.Linear(inputs, outputs, bias)
        self.value = nn.Linear(inputs, outputs, bias)

    def forward(self, x):
        return F.silu(self.gate(x)) * self.value(x)


class Embedding(nn.Embedding):
    def forward(self, x):
        return super().forward(x.long())


class PositionEmbedding(nn.Embedding):
    def forward(self, x):
        return x + self.weight


class LastPosition(nn.Module):
    def forward(self, x):
        return x[..., -1]


class Recurrent:
    """States of sequences [N, T, C], or the last alone; PyTorch goes backward only beside forward."""

    def __init__(self, inputs, units, is_all, is_reverse):
        super().__init__(inputs, units, batch_first=True)
        self.is_all, self.is_reverse = is_all, is_reverse

    def forward(self, x, lengths=None):
        turned = (lambda x: x.flip(1)) if self.is_reverse else (lambda x: x)
        y, _ = super().forward(turned(x))
        if lengths is not None:  # of real positions, from the first on: only the last of them is read
            assert not self.is_all and not self.is_reverse
            return y[torch.arange(len(y)), lengths.long() - 1]
        return turned(y).movedim(-1, 1) if self.is_all else y[:, -1]


def real(lengths, T):
    """Whether each position of rows [N, T] is real; None if all are."""
    return None if lengths is None else torch.arange(T) < lengths[:, None]


def cleared(y, lengths):
    """0 at the positions of padding."""
    return y if lengths is None else y * real(lengths, y.shape[1])[..., None]


class CrossAttention(nn.Module):
    """The positions of x [N, T, C] read those of memory [N, S, D]."""

    def __init__(self, width, memory_width, heads, bias, causal, projections):
        super().__init__()
        linear = nn.Linear if projections else nn.Identity
        self.q = linear(width, width, bias)
        self.kv = linear(memory_width, 2 * width, bias)
        self.out_proj = linear(width, width, bias)
        self.heads, self.causal = heads, causal

    def forward(self, x, memory, lengths=None, memory_lengths=None):
        N, T, C = x.shape
        S = memory.shape[1]
        heads = lambda rows: rows.reshape(N, -1, self.heads, C // self.heads).transpose(1, 2)
        k, v = self.kv(memory).chunk(2, -1)
        mask = torch.ones(N, 1, T, S, dtype=torch.bool)
        if self.causal:
            mask = mask.tril()
        if memory_lengths is not None:
            mask = mask & real(memory_lengths, S)[:, None, None]
        y = F.scaled_dot_product_attention(heads(self.q(x)), heads(k), heads(v), attn_mask=mask)
        return cleared(self.out_proj(y.transpose(1, 2).reshape(N, T, C)), lengths)


class SelfAttention(nn.MultiheadAttention):
    def __init__(self, width, heads, bias, causal, rotary):
        super().__init__(width, heads, bias=bias, batch_first=True)
        self.causal = causal
        self.rotary = rotary

    def forward(self, x, lengths=None):
        N, T, C = x.shape
        if not self.rotary:
            later = torch.ones(T, T, dtype=torch.bool).triu(1) if self.causal else None
            padding = None if lengths is None else ~real(lengths, T)
            options = {"attn_mask": later, "key_padding_mask": padding, "need_weights": False}
            return cleared(super().forward(x, x, x, **options)[0], lengths)
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias).view(N, T, 3, self.num_heads, -1)
        q, k, v = (part.transpose(1, 2) for part in projected.unbind(2))
        y = F.scaled_dot_product_attention(rotated(q), rotated(k), v, is_causal=self.causal)
        return self.out_proj(y.transpose(1, 2).reshape(N, T, C))


class GroupedAttention(nn.Module):
    """Attention by heads that share keys, or whose sizes are not those of nn.MultiheadAttention."""

    def __init__(self, width, spec):
        super().__init__()
        self.heads, self.rotary = spec["heads"], spec.get("rotary", False)
        self.key_heads = spec.get("keyHeads", self.heads)
        self.size = spec.get("headSize", width // self.heads)
        self.angles = {"theta": spec.get("theta", 10000), **spec.get("rotaryScaling", {})}
        self.causal, bias = spec.get("causal", True), spec.get("bias", True)
        self.in_proj_weight = nn.Parameter(torch.empty((self.heads + 2 * self.key_heads) * self.size, width))
        self.in_proj_bias = nn.Parameter(torch.empty(len(self.in_proj_weight))) if bias else None
        self.out_proj = nn.Linear(self.heads * self.size, width, bias=spec.get("outBias", bias))

    def forward(self, x):
        N, T, _ = x.shape
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias).view(N, T, -1, self.size).transpose(1, 2)
        q, k, v = projected.split([self.heads, self.key_heads, self.key_heads], 1)
        if self.rotary:
            q, k = rotated(q, **self.angles), rotated(k, **self.angles)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal, enable_gqa=True)
        return self.out_proj(y.transpose(1, 2).reshape(N, T, -1))


def rotated(x, theta=10000, factor=1):
    """Rotates the pairs (i, i + d/2) at position t by t * theta^(-2i / d) / factor."""
    T, d = x.shape[-2:]
    rates = float(theta) ** (-torch.arange(0, d, 2) / d) / factor
    angles = torch.outer(torch.arange(T, dtype=x.dtype), rates)
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)


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
        "gelu-tanh": lambda: nn.GELU(approximate="tanh"),
        "silu": nn.SiLU,
        "softplus": nn.Softplus,
        "softsign": nn.Softsign,
        "step": Step,
    }[spec["fn"]]()


class ToFirst(nn.Module):
    """Takes vectors of an embedding, whose channels come last."""

    def forward(self, x):
        return super().forward(x.movedim(-1, 1))


class ChannelsLast(nn.Module):
    def forward(self, x):
        return super().forward(x.movedim(1, -1))


class NormOfLast(ToFirst):
    def forward(self, x):
        return super().forward(x).movedim(1, -1)


class OnLast(nn.Module):
    """Acts on the channels of an image, which come first."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class GlobalAvgPool(nn.Module):
    def forward(self, x):
        return x.flatten(2).mean(2)


class Mean(nn.Module):
    """Draws of mean 0, at evaluation."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return torch.zeros_like(x) if self.size is None else x.new_zeros(len(x), self.size)


class Parameter(nn.Module):
    """The same tensor for each row."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x):
        return self.weight.expand(len(x), *self.weight.shape)


class Upsample(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        for a, times in enumerate(self.factor):
            x = x.repeat_interleave(times, 2 + a)
        return x


def build(specs, shape, first=True):
    """The modules of a list of layers in the long form; the shape of their outputs, channels last as in a spec; and
    whether channels come first in PyTorch, as after anything but an embedding.
    """
    modules = []
    for spec in specs:
        kind, C, axes = spec["kind"], shape[-1], len(shape) - 1
        each = lambda value: [value] * axes if isinstance(value, int) else value

        def add(module, *args, mixin=None, **options):
            own = module if mixin is None else type(module.__name__, (mixin, module), {})
            modules.append(own(*args, **options))

        def option(name, default):
            value = spec.get(name, default)
            return value if isinstance(value, (int, str)) else tuple(value)

        on_last = OnLast if first and axes > 0 else None
        bias = spec.get("bias", True)
        on_image = None if first else ToFirst
        if kind == "dense":
            add(nn.Linear, C, spec["out"], bias, mixin=on_last)
            if "tiedTo" in spec:
                modules[-1].tied_to = spec["tiedTo"]
        elif kind == "swiglu":
            add(Swiglu, C, spec["out"], bias, mixin=on_last)
        elif kind == "self-attention":
            options = [spec.get("causal", True), spec.get("rotary", False)]
            if {"keyHeads", "headSize", "theta", "rotaryScaling", "outBias"} & set(spec):
                add(GroupedAttention, C, spec, mixin=on_last)
            else:
                add(SelfAttention, C, spec["heads"], bias, *options, mixin=on_last)
        elif kind == "layer-norm":
            add(nn.LayerNorm, C, eps=spec.get("epsilon", 1e-5), bias=bias, mixin=on_last)
        elif kind == "rms-norm":
            add(nn.RMSNorm, C, eps=spec.get("epsilon", 2**-23), mixin=on_last)
        elif kind == "batch-norm":
            norm = nn.BatchNorm2d if axes == 2 else nn.BatchNorm1d
            options = {"eps": spec.get("epsilon", 1e-5), "momentum": spec.get("momentum", 0.1)}
            add(norm, C, **options, mixin=None if first or axes == 0 else NormOfLast)
        elif kind == "activation":
            modules.append(activation(spec))
        elif kind == "dropout":
            add(nn.Dropout, spec["rate"])
        elif kind == "channel-dropout":
            add(nn.Dropout2d, spec["rate"])
        elif kind == "embedding":
            add(Embedding, spec["vocabulary"], spec["width"])
            shape, first = [*shape, spec["width"]], False
        elif kind == "position-embedding":
            add(PositionEmbedding, *shape, mixin=on_last)
        elif kind == "last-position":
            add(LastPosition, mixin=on_image)
            shape = [C]
        elif kind in ("gru", "lstm"):
            module = {"gru": nn.GRU, "lstm": nn.LSTM}[kind]
            own = type(module.__name__, ((ChannelsLast,) if first else ()) + (Recurrent, module), {})
            is_all = spec.get("returns", "all") == "all"
            modules.append(own(C, spec["out"], is_all, spec.get("reverse", False)))
            shape = shape if is_all else []
        elif kind == "flatten":
            add(nn.Flatten)
            shape = [math.prod(shape)]
        elif kind in ("conv1d", "conv2d"):
            convolution = {"conv1d": nn.Conv1d, "conv2d": nn.Conv2d}[kind]
            options = [option("stride", 1), option("padding", 0), option("dilation", 1)]
            options += [spec.get("groups", 1), bias]
            add(convolution, C, spec["out"], option("kernel", 1), *options, mixin=on_image)
        elif kind == "conv2d-transpose":
            options = [option("stride", 1), option("padding", 0), option("outputPadding", 0)]
            add(nn.ConvTranspose2d, C, spec["out"], option("kernel", 1), *options, bias=bias)
        elif kind in ("max-pool", "avg-pool"):
            pools = {"max-pool": [nn.MaxPool1d, nn.MaxPool2d], "avg-pool": [nn.AvgPool1d, nn.AvgPool2d]}[kind]
            add(pools[axes - 1], option("size", 1), option("stride", spec["size"]), option("padding", 0), mixin=on_image)
        elif kind == "global-avg-pool":
            add(GlobalAvgPool, mixin=on_image)
            shape = [C]
        elif kind == "gaussian":
            add(Mean, spec.get("size"))
            shape = [spec["size"]] if "size" in spec else shape
        elif kind == "parameter":
            add(Parameter, spec["shape"])
            shape, first = spec["shape"], False
        elif kind == "upsample":
            add(Upsample, each(spec["factor"]), mixin=on_image)
        elif kind == "residual":
            layers, out, kept = build(spec["layers"], shape, first)
            modules.append(Residual(layers, build(spec.get("shortcut", []), shape, first)[0]))
            shape, first = out, kept
        else:
            raise ValueError(f"no module for {kind}")
        if kind.startswith("conv") or "-pool" in kind or kind in ("gru", "lstm", "upsample"):
            first = True
        if kind.startswith("conv") or kind in ("max-pool", "avg-pool", "upsample"):
            with torch.no_grad():
                y = modules[-1](torch.zeros(1, *([C, *shape[:-1]] if on_image is None else shape)))
            shape = [*y.shape[2:], y.shape[1]]
        elif "out" in spec:
            shape = [*shape[:-1], spec["out"]]
    return modules, shape, first


def over_axes(function):
    """A reduction over axes of a row, by default all of them."""

    def run(spec, x):
        axis = spec.get("axis", list(range(x.dim() - 1)))
        axes = [axis] if isinstance(axis, int) else axis
        dims = [1 + a if a >= 0 else x.dim() + a for a in axes]
        y = function(x, dims, spec.get("keepdims", False))
        return y if y.dim() > 1 else y[:, None]

    return run


def of_two(function):
    """A function of two values, or of a value and a number, which meet from the last axis on as in NumPy."""

    def run(spec, a, b=None):
        if b is None:
            return function(a, torch.full((), float(spec["value"])))
        axes = max(a.dim(), b.dim())
        a, b = (x.reshape(len(x), *[1] * (axes - x.dim()), *x.shape[1:]) for x in (a, b))
        return function(a, b)

    return run


def matmul(spec, a, b):
    a = a.transpose(-1, -2) if spec.get("transposeA") else a
    b = b.transpose(-1, -2) if spec.get("transposeB") else b
    return of_two(torch.matmul)({}, a, b)


def where(_, condition, a, b):
    axes = max(x.dim() for x in (condition, a, b))
    condition, a, b = (x.reshape(len(x), *[1] * (axes - x.dim()), *x.shape[1:]) for x in (condition, a, b))
    return torch.where(condition != 0, a, b)


def group_norm(groups):
    def run(spec, x, *affine):
        count = x.shape[-1] if groups is None else spec["groups"]
        y = F.group_norm(x.movedim(-1, 1), count, *affine, eps=spec.get("epsilon", 1e-5))
        return y.movedim(1, -1)

    return run


def axis_of(spec, x):
    axis = spec.get("axis", -1)
    return axis if axis < 0 else 1 + axis


def heads(spec, *xs):
    return torch.cat([x.flatten(1) for x in xs], 1)


def concat(spec, *xs):
    return torch.cat(xs, axis_of(spec, xs[0]))


def slice_of(spec, x):
    """PyTorch's own slices have no steps below 0."""
    options = [spec.get(name) for name in ("axis", "start", "end", "step")]
    count = max([len(option) for option in options if isinstance(option, list)], default=None)
    for k in range(count or 1):
        axis, start, end, step = [option[k] if isinstance(option, list) else option for option in options]
        axis = (k if count is not None else -1) if axis is None else axis
        dim = axis if axis < 0 else 1 + axis
        x = x.index_select(dim, torch.tensor(list(range(x.shape[dim]))[slice(start, end, step)]))
    return x


def pad(spec, x):
    sides = [[size, size] if isinstance(size, int) else size for size in spec["padding"]]
    mode = spec.get("mode", "constant")
    for dim, (before, after) in enumerate(sides, 1):
        n = x.shape[dim]
        if mode == "constant":
            ends = [x.new_full((*x.shape[:dim], m, *x.shape[dim + 1 :]), spec.get("value", 0)) for m in (before, after)]
            x = torch.cat([ends[0], x, ends[1]], dim)
            continue
        places = torch.arange(-before, n + after)
        if mode == "edge":
            places = places.clamp(0, n - 1)
        else:
            places = places.abs()
            places = torch.where(places >= n, 2 * (n - 1) - places, places)
        x = x.index_select(dim, places)
    return x


def expand(spec, x):
    x = x.reshape(len(x), *[1] * (len(spec["shape"]) - x.dim() + 1), *x.shape[1:])
    return x.expand(len(x), *spec["shape"])


def take(spec, x):
    dim = axis_of(spec, x)
    return x.index_select(dim, torch.tensor(spec["indices"]) % x.shape[dim])


def resize(spec, x):
    sequence = x.dim() == 3
    linear = spec.get("mode", "nearest") == "linear"
    mode = ("linear" if sequence else "bilinear") if linear else "nearest-exact"
    size = spec["size"] if not isinstance(spec["size"], int) or sequence else [spec["size"]] * 2
    return F.interpolate(x.movedim(-1, 1), size, mode=mode).movedim(1, -1)


# What layers without modules compute from values whose channels come last.
OPERATIONS = {
    "plus": of_two(torch.add),
    "minus": of_two(torch.sub),
    "times": of_two(torch.mul),
    "over": of_two(torch.div),
    "minimum": of_two(torch.minimum),
    "maximum": of_two(torch.maximum),
    "above": of_two(lambda a, b: (a > b).to(a.dtype)),
    "below": of_two(lambda a, b: (a < b).to(a.dtype)),
    "equal": of_two(lambda a, b: (a == b).to(a.dtype)),
    "where": where,
    "negate": lambda _, x: -x,
    "abs": lambda _, x: x.abs(),
    "exp": lambda _, x: x.exp(),
    "log": lambda _, x: x.log(),
    "sqrt": lambda _, x: x.sqrt(),
    "square": lambda _, x: x.square(),
    "ceil": lambda _, x: x.ceil(),
    "cos": lambda _, x: x.cos(),
    "erf": lambda _, x: x.erf(),
    "floor": lambda _, x: x.floor(),
    "round": lambda _, x: x.round(),
    "sign": lambda _, x: x.sign(),
    "sin": lambda _, x: x.sin(),
    "power": lambda spec, x: x.pow(spec["exponent"]),
    "clip": lambda spec, x: x.clamp(spec.get("min"), spec.get("max")),
    "sum": over_axes(lambda x, dims, keep: x.sum(dims, keep)),
    "mean": over_axes(lambda x, dims, keep: x.mean(dims, keep)),
    "max": over_axes(lambda x, dims, keep: x.amax(dims, keep)),
    "log-sum-exp": over_axes(lambda x, dims, keep: x.logsumexp(dims, keep)),
    "argmax": lambda spec, x: x.argmax(axis_of(spec, x), spec.get("keepdims", False)).to(x.dtype),
    "softmax": lambda spec, x: x.softmax(axis_of(spec, x)),
    "log-softmax": lambda spec, x: x.log_softmax(axis_of(spec, x)),
    "matmul": matmul,
    "concat": concat,
    "heads": heads,
    "slice": slice_of,
    "reshape": lambda spec, x: x.reshape(len(x), *spec["shape"]),
    "transpose": lambda spec, x: x.permute(0, *[1 + a for a in spec.get("axes", list(range(x.dim() - 1))[::-1])]),
    "pad": pad,
    "expand": expand,
    "take": take,
    "resize": resize,
    "group-norm": group_norm("groups"),
    "instance-norm": group_norm(None),
}


class Operation(nn.Module):
    def __init__(self, spec, channels):
        super().__init__()
        self.spec = spec
        if spec["kind"] in ("group-norm", "instance-norm") and spec.get("affine", spec["kind"] == "group-norm"):
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, *xs):
        return OPERATIONS[self.spec["kind"]](self.spec, *xs, *self.parameters())


class Like(nn.Module):
    """A module once more. It is in a list, so that its weights are not listed twice."""

    def __init__(self, module):
        super().__init__()
        self.of = [module]

    def forward(self, x):
        return self.of[0](x)


class Graph(nn.Sequential):
    """Layers that read any values before them. Takes and gives rows [N, I], channels last."""

    def __init__(self, network):
        super().__init__()
        self.shape = [network["input"]] if isinstance(network["input"], int) else network["input"]
        self.specs = network["layers"]
        self.lengths = None  # [N, parts] real positions of the parts of a row; None: all are real
        self.channels_first = {}  # of the values that each layer writes, as PyTorch has them
        with torch.no_grad():
            self.run(torch.zeros(1, math.prod(self.shape)), self.create)

    def forward(self, x):
        return self.run(x, lambda k, spec, xs, first: list(self)[k])

    def create(self, k, spec, xs, first):
        """Adds the module of a layer that reads values `xs`, the first of which PyTorch has channels first or last."""
        if spec["kind"] == "like":
            index = next(i for i, other in enumerate(self.specs) if spec["layer"] in (str(i), other.get("name")))
            module = Like(list(self)[index])
            self.channels_first[k] = self.channels_first[index]
        elif spec["kind"] == "cross-attention":
            options = [spec["heads"], spec.get("bias", True), spec.get("causal", False), spec.get("projections", True)]
            module = CrossAttention(xs[0].shape[-1], xs[1].shape[-1], *options)
            self.channels_first[k] = first
        elif spec["kind"] in OPERATIONS:
            module = Operation(spec, xs[0].shape[-1])
            axis = spec.get("axis")
            drops = axis is None or -1 in ([axis] if isinstance(axis, int) else axis)
            self.channels_first[k] = first and spec["kind"] != "matmul" and not (
                drops and spec["kind"] in ("sum", "mean", "max", "log-sum-exp", "argmax")
            )
        else:
            modules, _, self.channels_first[k] = build([spec], list(xs[0].shape[1:]), first)
            module = modules[0]
        self.append(module.eval())
        return module

    def run(self, x, module_of):
        x = x.to(torch.get_default_dtype())  # indices beside numbers come as integers
        values = {"input": (x.reshape(-1, *self.shape), True)}
        last = values["input"]
        lengths = {}  # by the array of a value
        parts = 0
        for k, spec in enumerate(self.specs):
            of = spec.get("of")
            read = [last] if of is None else [values[name] for name in ([of] if isinstance(of, str) else of)]
            xs, first = [x for x, _ in read], read[0][1]
            module = module_of(k, spec, xs, first)
            read_lengths = [lengths.get(id(x)) for x in xs]
            if isinstance(module, CrossAttention):
                y = module(*xs, *read_lengths)
            elif read_lengths[0] is not None and isinstance(module, (SelfAttention, Recurrent)):
                y = module(xs[0], read_lengths[0])
            elif isinstance(module, Operation):
                y = module(*xs)
            else:
                x = xs[0].movedim(-1, 1) if first and xs[0].dim() > 2 else xs[0]
                y = module(x)
                y = y.movedim(1, -1) if self.channels_first[k] and y.dim() > 2 else y
            if self.lengths is not None:
                is_part = spec["kind"] == "slice" and of == "input"
                lengths[id(y)] = self.lengths[:, parts] if is_part else read_lengths[0]
                parts += is_part
            last = (y, self.channels_first[k])
            values[str(k)] = last
            values[spec.get("name", str(k))] = last
        return last[0].flatten(1)


class Network(nn.Sequential):
    """Takes rows [N, I] as in Gradloom, channels last, and gives such rows."""

    def __init__(self, network):
        self.shape = [network["input"]] if isinstance(network["input"], int) else network["input"]
        modules, out, first = build(network["layers"], self.shape)
        self.moves = first and len(out) > 1
        super().__init__(*modules)
        for module in self.modules():
            if hasattr(module, "tied_to"):
                module.weight = self.get_submodule(module.tied_to).weight

    def forward(self, x):
        x = x.reshape(-1, *self.shape)
        y = super().forward(x.movedim(-1, 1) if len(self.shape) > 1 else x)
        return (y.movedim(1, -1) if self.moves else y).flatten(1)


def is_graph(layer):
    return "of" in layer or layer["kind"] in OPERATIONS or layer["kind"] == "like"


def sequential(network):
    return (Graph if any(map(is_graph, network["layers"])) else Network)(network).eval()
