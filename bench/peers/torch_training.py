"""A workload in PyTorch: the same for one process and for DDP."""

import time

import torch
from serve import read_workload, set_blas_threads


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
        x, t, layers = read_workload(workload)
        self.x = torch.from_numpy(x).to(self.dtype)
        mse = workload["loss"] == "mse"
        self.t = torch.from_numpy(t).to(self.dtype if mse else torch.int64)
        if mse:
            self.t = self.t.reshape(-1, 1)
        modules = []
        for k, (W, b) in enumerate(layers):
            linear = torch.nn.Linear(*W.shape, dtype=self.dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W.T.copy()))
                linear.bias.copy_(torch.from_numpy(b))
            modules.append(linear)
            if workload["activation"] == "sigmoid":
                modules.append(torch.nn.Sigmoid())
            elif k < len(layers) - 1:
                modules.append(torch.nn.ReLU())
        self.model = torch.nn.Sequential(*modules)
        if ranks > 1:
            self.model = torch.nn.parallel.DistributedDataParallel(self.model)
        self.loss = torch.nn.MSELoss() if mse else torch.nn.CrossEntropyLoss()
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
        with torch.no_grad():
            return self.loss(self.model(self.x), self.t).item()
