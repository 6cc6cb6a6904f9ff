"""The kernels of `npm run bench -- kernels` in PyTorch: one thread, results in arrays that exist, no autograd."""

import math
import re
import time
from contextlib import contextmanager
from functools import partial

from serve import missing, require_fast_blas, serve, set_blas_threads

try:
    import torch

    torch.zeros(2, 2) @ torch.zeros(2, 2)
    about = f"PyTorch {torch.__version__}, {require_fast_blas()}"
except ImportError as error:
    missing(error)
    raise SystemExit

SAMPLE_S = 1e-4  # calls are repeated for this long
WARM_S = 0.02

# Tensors of normal numbers, by shape; `Tensors` makes all others.
SHAPES = {
    "BO": "a da z dz q y t dy d logs mask g s v dg ds dv theta m u",
    "BI": "x dx",
    "IO": "W dW",
    "O": "b db gamma beta dGamma dBeta runningMean columnMean columnScale",
    "B1": "rowMean rowScale",
    "B": "rowLosses w",
    "": "loss classWeight square",
}
SHAPE_OF = {name: shape for shape, names in SHAPES.items() for name in names.split()}
LISTS = {"thetas": "theta", "grads": "g", "ms": "m", "vs": "squares"}


def mean(total):
    return f"{total}; g.mul_(share); square = gFlat.dot(gFlat)"


def adam(name, decay):
    return (
        f"aten.{name}(thetas, grads, ms, vs, [], steps, lr=0.001, beta1=0.9, beta2=0.999, weight_decay={decay},"
        " eps=1e-8, amsgrad=False, maximize=False)"
    )


def sgd(buffers, momentum):
    return (
        f"aten._fused_sgd_(thetas, grads, {buffers}, weight_decay=0.0, momentum={momentum}, lr=0.01, dampening=0.0,"
        " nesterov=False, maximize=False, is_first_step=False)"
    )


def cross_entropy(more_loss="", more_gradient=""):
    return (
        "aten._log_softmax(y, 1, False, out=logs)"
        "; aten.nll_loss_forward(logs, classes, None, 1, -100, output=loss, total_weight=classWeight)"
        f"{more_loss}"
        "; aten.nll_loss_backward(one, logs, classes, None, 1, -100, classWeight, grad_input=d)"
        f"{more_gradient}"
        "; aten._log_softmax_backward_data(d, logs, 1, y.dtype, out=dy)"
    )


LAYER_NORM_BACKWARD = "aten.native_layer_norm_backward(dy, x, [64], rowMean, rowScale, gamma, beta"
BATCH_NORM_BACKWARD = (
    "aten.native_batch_norm_backward(dy, x, gamma, runningMean, runningVariance, columnMean, columnScale, True, 1e-5"
)
BATCH_NORM = "aten.native_batch_norm(x, gamma, beta, runningMean, runningVariance, True, 0.1, 1e-5"
MEAN_OF_TWO = mean("torch.add(z, a, out=g)")

# What PyTorch computes for each row, in TorchScript. Of several variants the fastest counts. Before `X backward`, the
# first variant of `X forward` is run once. Results are assigned where the variant with `out` is slower, as of the mean
# losses and of layer norm. Factors are tensors, as TorchScript takes 2 us to make one of a number.
CODE = {
    "affine": ["torch.addmm(b, x, W, out=y)"],
    "affineBackwardInput": ["torch.mm(dy, Wt, out=dx)"],
    "affineBackwardWeights": ["torch.mm(xt, dy, out=dW); torch.sum(dy, [0], out=db)"],
    "averageRows of 1 row": ["torch.mul(z, share, out=g); square = gFlat.dot(gFlat)"],
    "averageRows of 2 rows": [MEAN_OF_TWO],
    "averageRows of 4 rows": [
        mean("torch.add(z, a, out=g); g.add_(q); g.add_(t)"),
        mean("torch.sum(four, [0], out=g)"),
    ],
    "averageRows of 2 rows, and update adam": [f"{MEAN_OF_TWO}; {adam('_fused_adam_', 0.0)}"],
    "scale": ["g.mul_(minusOne)"],
    "add": ["z.add_(a)"],
    "plus": ["torch.add(z, a, out=y)"],
    "addRow": ["y.add_(b)"],
    "averageWeights": ["m.lerp_(theta, 0.001)"],
    "maxNorm": ["torch.renorm(W, 2.0, 1, 8.0, out=dW)"],
    "weighLosses": ["dy.mul_(ones); torch.dot(rowLosses, w, out=loss)"],
    "gatherBytes": ["y.copy_(bytes); y.div_(share)"],
    "dropout forward": [
        "mask.bernoulli_(0.5); mask.mul_(share); torch.mul(x, mask, out=y)",
        "y, noise = aten.native_dropout(x, 0.5, True)",
    ],
    "channel-dropout forward": [
        "channels.bernoulli_(0.5); channels.mul_(share); torch.mul(images, channels, out=dropped)"
    ],
    "update sgd": [sgd("[]", 0.0), "theta.add_(g, alpha=-0.01)"],
    "update sgd with momentum": [sgd("ms", 0.9)],
    "update adam": [adam("_fused_adam_", 0.0)],
    "update adamw": [adam("_fused_adamw_", 0.01)],
    "update rmsprop": [
        "squares.mul_(share); squares.addcmul_(g, g, value=0.01); torch.sqrt(squares, out=u); u.add_(one)"
        "; theta.addcdiv_(g, u, value=-0.01)"
    ],
    "update adagrad": [
        "aten._fused_adagrad_(thetas, grads, vs, steps, lr=0.01, lr_decay=0.0, weight_decay=0.0, eps=1e-10,"
        " maximize=False)"
    ],
    "update lion": ["torch.lerp(m, g, 0.1, out=u); u.sign_(); theta.add_(u, alpha=-0.0001); m.lerp_(g, 0.01)"],
    "update muon": [adam("_fused_adamw_", 0.1)],  # of what is no hidden matrix
    "identity forward": ["a.copy_(z)"],
    "identity backward": ["dz.copy_(da)"],
    "sigmoid forward": ["torch.sigmoid(z, out=a)"],
    "sigmoid backward": ["aten.sigmoid_backward(da, a, grad_input=dz)"],
    "tanh forward": ["torch.tanh(z, out=a)"],
    "tanh backward": ["aten.tanh_backward(da, a, grad_input=dz)"],
    "relu forward": ["torch.clamp_min(z, 0, out=a)"],
    "relu backward": ["aten.threshold_backward(da, a, 0, grad_input=dz)"],
    "leaky-relu forward": ["aten.leaky_relu(z, 0.01, out=a)"],
    "leaky-relu backward": ["aten.leaky_relu_backward(da, z, 0.01, False, grad_input=dz)"],
    "elu forward": ["aten.elu(z, 1, 1, 1, out=a)"],
    "elu backward": [
        "aten.elu_backward(da, 1, 1, 1, False, z, grad_input=dz)",
        "aten.elu_backward(da, 1, 1, 1, True, a, grad_input=dz)",
    ],
    "gelu forward": ["aten.gelu(z, out=a)"],
    "gelu backward": ["aten.gelu_backward(da, z, grad_input=dz)"],
    "gelu-tanh forward": ["aten.gelu(z, approximate='tanh', out=a)"],
    "gelu-tanh backward": ["aten.gelu_backward(da, z, approximate='tanh', grad_input=dz)"],
    "silu forward": ["aten.silu(z, out=a)"],
    "silu backward": ["aten.silu_backward(da, z, grad_input=dz)"],
    "softplus forward": ["aten.softplus(z, 1, 20, out=a)"],
    "softplus backward": ["aten.softplus_backward(da, z, 1, 20, grad_input=dz)"],
    "softsign forward": ["torch.abs(z, out=q); q.add_(one); torch.div(z, q, out=a)"],
    "softsign backward": ["torch.mul(q, q, out=dz); torch.div(da, dz, out=dz)"],
    "step forward": ["torch.ge(z, 0, out=a)"],
    "step backward": ["dz.zero_()"],
    "gate forward": ["aten.silu(g, out=s); torch.mul(s, v, out=y)"],
    "gate backward": ["torch.mul(dy, s, out=dv); torch.mul(dy, v, out=ds); aten.silu_backward(ds, g, grad_input=dg)"],
    "layer-norm forward": ["y, rowMean, rowScale = aten.native_layer_norm(x, [64], gamma, beta, 1e-5)"],
    "layer-norm backward": [f"dx, dGamma, dBeta = {LAYER_NORM_BACKWARD}, [True, True, True])"],
    "layer-norm backward without dx": [f"_, dGamma, dBeta = {LAYER_NORM_BACKWARD}, [False, True, True])"],
    "batch-norm forward": [
        f"{BATCH_NORM}, out=y, save_mean=columnMean, save_invstd=columnScale)",
        f"y, columnMean, columnScale = {BATCH_NORM})",
    ],
    "batch-norm backward": [f"dx, dGamma, dBeta = {BATCH_NORM_BACKWARD}, [True, True, True])"],
    "batch-norm backward without dx": [f"_, dGamma, dBeta = {BATCH_NORM_BACKWARD}, [False, True, True])"],
    "loss mse": ["loss = aten.mse_loss(y, t, 1); aten.mse_loss_backward(one, y, t, 1, grad_input=dy)"],
    "loss quadratic": ["loss = aten.mse_loss(y, t, 2); aten.mse_loss_backward(one, y, t, 2, grad_input=dy)"],
    "loss mae": [
        "torch.sub(y, t, out=d); torch.abs(d, out=dy); loss = torch.mean(dy); torch.sign(d, out=dy); dy.mul_(share)"
    ],
    "loss output": ["loss = y.mean(); dy.fill_(1 / dy.numel())"],
    "loss huber": [
        "loss = aten.huber_loss(y, t, 1, 1.0); aten.huber_loss_backward(one, y, t, 1, 1.0, grad_input=dy)"
    ],
    "loss binary-cross-entropy": [
        "loss = aten.binary_cross_entropy_with_logits(y, bits, None, None, 1)"
        "; torch.sigmoid(y, out=dy); dy.sub_(bits); dy.mul_(share)"
    ],
    "loss soft-target-cross-entropy": [
        "aten._log_softmax(y, 1, False, out=logs); torch.mul(logs, t, out=d); loss = d.sum()"
        "; torch.exp(logs, out=dy); dy.sub_(t); dy.mul_(share)"
    ],
    "loss softmax-cross-entropy": [cross_entropy()],
    "loss smoothed-cross-entropy": [
        cross_entropy(
            "; torch.sum(logs, [1], out=rowLosses); loss.mul_(share); loss.sub_(rowLosses.mean())", "; d.add_(share)"
        )
    ],
}


class Tensors(dict):
    """The tensors of a row by name, made when they are first asked for."""

    def __init__(self, B, O, I, dtype):
        sizes = {"B": B, "O": O, "I": I, "1": 1}

        def normal(*shape):
            return torch.randn(shape, dtype=dtype)

        self.makers = {
            **{name: partial(normal, *(sizes[axis] for axis in shape)) for name, shape in SHAPE_OF.items()},
            **{name: lambda of=of: [self[of]] for name, of in LISTS.items()},
            "Wt": lambda: self["W"].t(),
            "xt": lambda: self["x"].t(),
            "gFlat": lambda: self["g"].view(-1),
            "four": lambda: normal(4, B, O),
            "squares": lambda: normal(B, O).abs(),
            "runningVariance": lambda: normal(O).abs(),
            "one": lambda: torch.ones((), dtype=dtype),
            "minusOne": lambda: torch.full((), -1.0, dtype=dtype),
            "share": lambda: torch.full((), 0.99, dtype=dtype),
            "ones": lambda: torch.ones(B, 1, dtype=dtype),
            "steps": lambda: [torch.ones(())],
            "bits": lambda: torch.randint(2, (B, O)).to(dtype),
            "classes": lambda: torch.randint(O, (B,)),
            "bytes": lambda: torch.randint(256, (B, O), dtype=torch.uint8),
            "noise": lambda: torch.ones(B, O, dtype=torch.bool),
            # Images of 16 positions with the channels last, as Gradloom has them.
            "images": lambda: normal(B // 16, 16, O),
            "dropped": lambda: normal(B // 16, 16, O),
            "channels": lambda: normal(B // 16, 1, O),
        }

    def __missing__(self, name):
        self[name] = self.makers[name]()
        return self[name]


def loop_of(code, tensors):
    """A function that runs the code a number of times, in TorchScript, as each call from Python takes 1 us."""
    statements = code.split("; ")
    names = [name for name in dict.fromkeys(re.findall(r"\w+", code)) if name in tensors.makers]
    arguments = ", ".join(f"{name}: List[Tensor]" if isinstance(tensors[name], list) else name for name in names)
    body = "".join(f"        {statement}\n" for statement in statements).replace("aten.", "torch.ops.aten.")
    loop = torch.jit.CompilationUnit(
        f"def loop(n: int, {arguments}):\n    for _ in range(n):\n{body}    return {', '.join(names)}\n"
    ).loop
    # TorchScript leaves out what it takes for unused, such as writes to lists that are made here.
    if str(loop.graph).count("= aten::") < len(statements):
        raise ValueError(f"TorchScript left out a part of {code}")
    values = [tensors[name] for name in names]
    return lambda n: dict(zip(names, loop(n, *values)))


@contextmanager
def bare():
    """Without the bookkeeping of autograd, and without optimization, which leaves out most calls of an unrolled loop."""
    with torch.inference_mode(), torch.jit.optimized_execution(False):
        yield


class Kernel:
    def __init__(self, row, _variant):
        torch.set_num_threads(1)
        set_blas_threads(1)
        torch.manual_seed(1)
        with bare():
            tensors = Tensors(*row["dims"], getattr(torch, row["precision"]))
            for code in CODE.get(re.sub(" backward.*", " forward", row["op"]), [])[:1]:
                tensors.update(loop_of(code, tensors)(1))
            loops = [loop_of(code, tensors) for code in CODE[row["op"]]]
            _, self.repeats, self.loop = min((warm(loop) for loop in loops), key=lambda warmed: warmed[0])

    def run(self, calls):
        """Calls of a sample, and ms of the fastest sample of about so many calls."""
        samples = max(1, round(calls / self.repeats))
        with bare():
            return self.repeats, min(seconds(self.loop, self.repeats) for _ in range(samples)) * 1000


def seconds(loop, repeats):
    start = time.perf_counter()
    loop(repeats)
    return time.perf_counter() - start


def warm(loop):
    """Seconds of a call, calls of a sample, and the loop."""
    repeats, fastest = 1, math.inf
    end = time.perf_counter() + WARM_S
    while time.perf_counter() < end:
        sample = seconds(loop, repeats)
        fastest = min(fastest, sample / repeats)
        if sample < SAMPLE_S:
            repeats *= 2
    return fastest, repeats, loop


serve(about, Kernel)
