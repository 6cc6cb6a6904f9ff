"""NumPy, as in tutorials on backpropagation: XOR, full batch, sigmoid, mean squared error."""

import sys
import time

import numpy as np
from serve import read_workload, serve


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Training:
    def __init__(self, workload, _variant):
        self.x, t, layers = read_workload(workload)
        self.t = t.reshape(-1, 1).astype(np.float64)
        (self.W1, self.b1), (self.W2, self.b2) = layers
        self.lr = workload["optimizer"]["lr"]

    def forward(self):
        h = sigmoid(self.x @ self.W1 + self.b1)
        return h, sigmoid(h @ self.W2 + self.b2)

    def run(self, steps):
        rows = len(self.x)
        start = time.perf_counter()
        for _ in range(steps):
            h, y = self.forward()
            dz2 = 2 * (y - self.t) / rows * y * (1 - y)
            dz1 = dz2 @ self.W2.T * h * (1 - h)
            self.W2 -= self.lr * h.T @ dz2
            self.b2 -= self.lr * dz2.sum(axis=0)
            self.W1 -= self.lr * self.x.T @ dz1
            self.b1 -= self.lr * dz1.sum(axis=0)
        return steps, (time.perf_counter() - start) * 1000

    def loss_after(self, steps):
        self.run(steps)
        _, y = self.forward()
        return float(((y - self.t) ** 2).mean())


if __name__ == "__main__":
    serve(f"NumPy {np.__version__}, Python {sys.version.split()[0]}", Training)
