"""Trains the runs of the JSON file argv[1] in float32 and prints the losses of their steps and their final parameters."""

import json
import math
import sys

import torch
from torch.nn import functional as F

torch.set_num_threads(1)

LOSSES = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "softmax-cross-entropy": F.cross_entropy,
    "soft-target-cross-entropy": F.cross_entropy,  # with probabilities
    "binary-cross-entropy": F.binary_cross_entropy_with_logits,
}


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2, which PyTorch does not have."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_((beta1 * m + (1 - beta1) * p.grad).sign(), alpha=lr)
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


class Muon(torch.optim.AdamW):
    """Muon of PyTorch 2.9 (match_rms_adamw, in float32) for the first matrix, the only hidden one; else AdamW."""

    def __init__(self, params, lr, momentum, weight_decay):
        super().__init__(params[1:], lr=lr, weight_decay=weight_decay)
        self.hidden, self.lr, self.momentum, self.m = params[0], lr, momentum, torch.zeros_like(params[0])

    @torch.no_grad()
    def step(self):
        super().step()
        g = self.hidden.grad
        self.m.lerp_(g, 1 - self.momentum)
        u = g.lerp(self.m, self.momentum)
        x = u if u.shape[0] <= u.shape[1] else u.t()
        x = x / x.norm().clamp(min=1e-7)
        for _ in range(5):
            gram = x @ x.t()
            x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
        x = x if u.shape[0] <= u.shape[1] else x.t()
        self.hidden.sub_(x, alpha=self.lr * 0.2 * math.sqrt(max(u.shape)))
        self.hidden.grad = None


OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "lion": Lion,
    "muon": Muon,
}
NAMES = {"weightDecay": "weight_decay", "epsilon": "eps", "decay": "alpha"}


def optimizer(spec, params):
    options = {NAMES.get(name, name): value for name, value in spec.items() if name not in ("kind", "beta1", "beta2")}
    if "beta1" in spec:
        options["betas"] = (spec["beta1"], spec["beta2"])
    return OPTIMIZERS[spec["kind"]](params, **options)


def run(case):
    shapes, at, params = case["shapes"], 0, []
    for shape in shapes:
        values = case["params"][at : at + math.prod(shape)]
        params.append(torch.tensor(values, dtype=torch.float32).reshape(shape).requires_grad_())
        at += len(values)
    x = torch.tensor(case["x"], dtype=torch.float32).reshape(case["rows"], -1)
    classes = case["loss"] == "softmax-cross-entropy"
    t = torch.tensor(case["t"], dtype=torch.int64 if classes else torch.float32)
    t = t if classes else t.reshape(case["rows"], -1)
    step, losses = optimizer(case["optimizer"], params), []
    f = getattr(torch, case["activation"])
    for k in range(case["steps"]):
        row = (k * case["batch"]) % case["rows"]
        xs, ts = x[row : row + case["batch"]], t[row : row + case["batch"]]
        y = f(xs @ params[0] + params[1]) @ params[2] + params[3]
        loss = LOSSES[case["loss"]](y, ts)
        step.zero_grad()
        loss.backward()
        step.step()
        losses.append(loss.item())
    return {"losses": losses, "parameters": [value for p in params for value in p.flatten().tolist()]}


with open(sys.argv[1]) as file:
    print(json.dumps([run(case) for case in json.load(file)]))
