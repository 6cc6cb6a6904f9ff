"""A workload in PyTorch: the same for one process and for DDP."""

import time

import torch
from serve import read_arrays, set_blas_threads
from torch_network import build


class Training:
    def __init__(self, workload, variant, rank=0, ranks=1, compiled=False):
        threads = int(variant["threads"])
        torch.set_num_threads(threads)
        set_blas_threads(threads)
        self.dtype = getattr(torch, variant["dtype"])
        self.batch, self.rows = workload["batch"], workload["rows"]
        if self.batch < ranks:
            raise ValueError(f"a batch of {self.batch} rows is too small for {ranks} processes")
        self.first = 0
        self.begin, self.end = rank * self.batch // ranks, (rank + 1) * self.batch // ranks
        # DDP averages over processes as if all had the same number of rows.
        self.weight = (self.end - self.begin) * ranks / self.batch
        x, t, theta = read_arrays(workload)
        is_text = workload["network"]["layers"][0]["kind"] == "embedding"
        self.x = torch.from_numpy(x).to(torch.int64 if is_text else self.dtype)
        self.model = build(workload["network"], torch.from_numpy(theta)).to(self.dtype)
        if self.x.dim() == 4:
            layout = {"memory_format": getattr(torch, variant["layout"])}
            self.x = self.x.permute(0, 3, 1, 2).contiguous(**layout)
            self.model = self.model.to(**layout)
        mse = workload["loss"] == "mse"
        self.t = torch.from_numpy(t).to(self.dtype if mse else torch.int64)
        if mse:
            self.t = self.t.reshape(-1, 1)
        if ranks > 1:
            self.model = torch.nn.parallel.DistributedDataParallel(self.model)
        entropy = torch.nn.CrossEntropyLoss()
        of_each = lambda y, t: entropy((y.movedim(1, -1) if y.dim() == 4 else y).flatten(0, -2), t.flatten())
        self.loss = torch.nn.MSELoss() if mse else of_each if self.t.dim() == 2 else entropy
        self.cost = lambda x, t: self.loss(self.model(x), t)
        if compiled:
            torch._dynamo.reset()  # it compiles only a few versions of a function, then stops compiling
            self.cost = torch.compile(self.cost)
        lr, how = workload["optimizer"]["lr"], variant["update"]
        options = {"foreach": how == "foreach", "fused": how == "fused"}
        kind = torch.optim.Adam if workload["optimizer"]["kind"] == "adam" else torch.optim.SGD
        self.optimizer = kind(self.model.parameters(), lr=lr, **options)

    def run(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            own = slice(self.first + self.begin, self.first + self.end)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.cost(self.x[own], self.t[own])
            (loss if self.weight == 1 else loss * self.weight).backward()
            self.optimizer.step()
            self.first = (self.first + self.batch) % self.rows
        return steps, (time.perf_counter() - start) * 1000

    def loss_after(self, steps):
        self.run(steps)
        self.model.eval()
        with torch.no_grad():
            loss = self.loss(self.model(self.x), self.t).item()
        self.model.train()
        return loss
