"""The whole program of such a tutorial: trains XOR for 10,000 epochs and prints its predictions."""

import numpy as np

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
t = np.array([[0], [1], [1], [0]], dtype=float)
np.random.seed(0)
W1, b1 = np.random.randn(2, 2), np.zeros(2)
W2, b2 = np.random.randn(2, 1), np.zeros(1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for _ in range(10_000):
    h = sigmoid(x @ W1 + b1)
    y = sigmoid(h @ W2 + b2)
    dz2 = 2 * (y - t) / 4 * y * (1 - y)
    dz1 = dz2 @ W2.T * h * (1 - h)
    W2 -= 2 * h.T @ dz2
    b2 -= 2 * dz2.sum(axis=0)
    W1 -= 2 * x.T @ dz1
    b1 -= 2 * dz1.sum(axis=0)
print(y)
