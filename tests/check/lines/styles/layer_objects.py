"""Objects with forward and backward, one for each layer, as in many tutorials."""

import numpy as np


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W.copy(), b.copy()

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.W + self.b

    def backward(self, grad):
        self.dW = self.inputs.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T

    def step(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class ReLU:
    def forward(self, inputs):
        self.mask = inputs > 0
        return inputs * self.mask

    def backward(self, grad):
        return grad * self.mask


class SoftmaxCrossEntropy:
    def forward(self, logits, y):
        logits = logits - logits.max(axis=1, keepdims=True)
        exps = np.exp(logits)
        self.p = exps / exps.sum(axis=1, keepdims=True)
        self.y = y
        picked = logits[np.arange(len(y)), y]
        return np.mean(np.log(exps.sum(axis=1)) - picked)

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(self.y)), self.y] -= 1
        return grad / len(self.y)


class Network:
    def __init__(self, layer_sizes, learning_rate, batch_size):
        self.learning_rate, self.batch_size = learning_rate, batch_size

    def set_weights(self, weights):
        self.layers = []
        for i, (W, b) in enumerate(weights):
            self.layers.append(Dense(W, b))
            if i < len(weights) - 1:
                self.layers.append(ReLU())
        self.loss = SoftmaxCrossEntropy()

    def dense(self):
        return [layer for layer in self.layers if isinstance(layer, Dense)]

    def get_weights(self):
        return [(d.W.copy(), d.b.copy()) for d in self.dense()]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def predict_proba(self, X):
        self.loss.forward(self.forward(X), np.zeros(len(X), int))
        return self.loss.p

    def loss_and_gradients(self, X, y):
        value = self.loss.forward(self.forward(X), y)
        grad = self.loss.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return float(value), [(d.dW, d.db) for d in self.dense()]

    def train_epoch(self, X, y, order):
        size = self.batch_size
        for k in range(0, len(order), size):
            rows = order[k : k + size]
            self.loss_and_gradients(X[rows], y[rows])
            for layer in self.dense():
                layer.step(self.learning_rate)
