"""PyTorch on the CPU, answering."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../peers"))
from serve import missing, require_fast_blas, serve, set_blas_threads

try:
    import math

    import numpy as np
    import torch
    from torch_network import build

    torch.zeros(2, 2, dtype=torch.float64) @ torch.zeros(2, 2, dtype=torch.float64)
    about = f"PyTorch {torch.__version__}, {require_fast_blas()}"
except ImportError as error:
    missing(error)
    sys.exit()


class Answers:
    def __init__(self, workload, variant):
        torch.set_num_threads(int(variant["threads"]))
        set_blas_threads(int(variant["threads"]))
        dtype = getattr(torch, workload["type"])
        shape = workload["network"]["input"]
        shape = shape if isinstance(shape, list) else [shape]
        self.rows = int(variant["batch"])
        x = np.fromfile(workload["x"], np.uint8, self.rows * math.prod(shape)).reshape(self.rows, *shape)
        self.x = torch.from_numpy(x / workload["divisor"]).to(torch.int64 if workload["isText"] else dtype)
        self.model = build(workload["network"], torch.from_numpy(np.fromfile(workload["theta"]))).to(dtype).eval()
        if self.x.dim() == 4:
            self.x = self.x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            self.model = self.model.to(memory_format=torch.channels_last)

    def run(self, steps):
        start = time.perf_counter()
        with torch.inference_mode():
            for _ in range(steps):
                self.model(self.x)
        return steps, (time.perf_counter() - start) * 1000

    def loss_after(self, _steps):
        with torch.inference_mode():
            return float(self.model(self.x).double().abs().sum() / self.rows)


class Writing(Answers):
    """Likeliest tokens after token 33, with a cache of keys and values."""

    def __init__(self, workload, variant):
        super().__init__(workload, variant)
        self.tokens = workload["writes"]

    def write(self):
        for module in self.model.modules():
            if hasattr(module, "first"):
                module.first = 0
        token = torch.full((self.rows, 1), 33)
        written = 0
        for _ in range(self.tokens):
            token = self.model(token)[:, -1].argmax(1, keepdim=True)
            written += int(token.sum())
        return written

    def run(self, steps):
        start = time.perf_counter()
        with torch.inference_mode():
            for _ in range(steps):
                self.write()
        return steps, (time.perf_counter() - start) * 1000

    def loss_after(self, _steps):
        with torch.inference_mode():
            return self.write() / self.rows


serve(about, lambda workload, variant: (Writing if workload.get("writes") else Answers)(workload, variant))
