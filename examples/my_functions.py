"""Backpropagation of one's own, before there is a class: two functions in a file.

    python -m compare check examples/my_functions.py

`weights` is a list of pairs (W, b), W (fan_in, fan_out). Other customs are recognised:
W transposed, one sample per column, one-hot labels, logits instead of probabilities.
"""

import numpy as np


def forward(weights, X):
    """Return the probabilities, (n_samples, n_classes)."""
    return run(weights, X)[1]


def run(weights, X):
    """Return what enters each layer, and the probabilities."""
    inputs, a = [], X
    for W, b in weights:
        inputs.append(a)
        z = a @ W + b
        a = np.tanh(z)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return inputs, e / e.sum(axis=1, keepdims=True)


def gradients(weights, X, y):
    """Return [(dW, db), ...] of the mean cross-entropy."""
    inputs, probs = run(weights, X)
    dz = probs.copy()
    dz[np.arange(len(y)), y] -= 1
    dz /= len(y)
    found = []
    for a, (W, _) in zip(reversed(inputs), reversed(weights), strict=True):
        found.append((a.T @ dz, dz.sum(axis=0)))
        dz = dz @ W.T * (1 - a**2)  # tanh'(z) = 1 - a²
    return found[::-1]
