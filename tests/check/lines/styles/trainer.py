"""Only the four methods, Adam or SGD in one class, sigmoid or ReLU."""

import numpy as np


class Trainer:
    def __init__(self, layer_sizes, activation, optimizer, learning_rate, momentum,
                 weight_decay, betas, eps, batch_size):
        self.activation, self.optimizer = activation, optimizer
        self.eta, self.mu, self.lam = learning_rate, momentum, weight_decay
        self.beta1, self.beta2 = betas
        self.eps, self.B = eps, batch_size

    def set_weights(self, weights):
        self.params = [p.copy() for pair in weights for p in pair]
        self.first = [np.zeros_like(p) for p in self.params]
        self.second = [np.zeros_like(p) for p in self.params]
        self.t = 0

    def get_weights(self):
        copies = [p.copy() for p in self.params]
        return list(zip(copies[::2], copies[1::2]))

    def act(self, z):
        if self.activation == "sigmoid":
            return 1 / (1 + np.exp(-z))
        return np.maximum(z, 0)

    def slope(self, a):
        if self.activation == "sigmoid":
            return a * (1 - a)
        return (a > 0) * 1.0

    def through(self, X):
        outs = [X]
        n = len(self.params) // 2
        for k in range(n):
            z = outs[-1] @ self.params[2 * k] + self.params[2 * k + 1]
            outs.append(self.act(z) if k < n - 1 else z)
        return outs

    def predict_proba(self, X):
        z = self.through(X)[-1]
        z = z - z.max(axis=1, keepdims=True)
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    def grads(self, X, y):
        outs = self.through(X)
        z = outs[-1] - outs[-1].max(axis=1, keepdims=True)
        d = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        d[np.arange(len(y)), y] -= 1
        d = d / len(y)
        result = []
        for k in reversed(range(len(self.params) // 2)):
            gW = outs[k].T @ d + self.lam * self.params[2 * k]
            gb = d.sum(axis=0)
            result = [gW, gb] + result
            d = d @ self.params[2 * k].T * self.slope(outs[k])
        return result

    def train_epoch(self, X, y, order):
        n_batches = (len(order) + self.B - 1) // self.B
        for k in range(n_batches):
            idx = order[k * self.B : (k + 1) * self.B]
            grads = self.grads(X[idx], y[idx])
            self.t += 1
            for i, g in enumerate(grads):
                if self.optimizer == "adam":
                    self.first[i] = self.beta1 * self.first[i] + (1 - self.beta1) * g
                    self.second[i] = self.beta2 * self.second[i] + (1 - self.beta2) * g**2
                    mhat = self.first[i] / (1 - self.beta1**self.t)
                    vhat = self.second[i] / (1 - self.beta2**self.t)
                    self.params[i] -= self.eta * mhat / (np.sqrt(vhat) + self.eps)
                else:
                    self.first[i] = self.mu * self.first[i] + g
                    self.params[i] -= self.eta * self.first[i]
