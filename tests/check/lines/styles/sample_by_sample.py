"""One sample at a time, column vectors, gradients added up: as in a well-known book."""

import numpy as np


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


def feed(weights, x):
    activation = x.reshape(-1, 1)
    activations, zs = [activation], []
    for i, (w, b) in enumerate(weights):
        z = np.dot(w.T, activation) + b.reshape(-1, 1)
        zs.append(z)
        if i < len(weights) - 1:
            activation = np.maximum(z, 0.0)
        else:
            activation = softmax(z)
        activations.append(activation)
    return zs, activations


def forward(weights, X):
    return np.array([feed(weights, x)[1][-1].ravel() for x in X])


def backprop(weights, x, label):
    nabla_b = [None] * len(weights)
    nabla_w = [None] * len(weights)
    zs, activations = feed(weights, x)
    target = np.zeros((len(activations[-1]), 1))
    target[label] = 1.0
    delta = activations[-1] - target
    nabla_b[-1] = delta
    nabla_w[-1] = np.dot(delta, activations[-2].T)
    for l in range(2, len(weights) + 1):
        sp = (zs[-l] > 0).astype(float)
        delta = np.dot(weights[-l + 1][0], delta) * sp
        nabla_b[-l] = delta
        nabla_w[-l] = np.dot(delta, activations[-l - 1].T)
    return nabla_b, nabla_w


def gradients(weights, X, y):
    total_w = [np.zeros(w.T.shape) for w, b in weights]
    total_b = [np.zeros((len(b), 1)) for w, b in weights]
    for x, label in zip(X, y):
        delta_b, delta_w = backprop(weights, x, label)
        total_w = [t + d for t, d in zip(total_w, delta_w)]
        total_b = [t + d for t, d in zip(total_b, delta_b)]
    n = len(X)
    return [(w.T / n, b.ravel() / n) for w, b in zip(total_w, total_b)]
