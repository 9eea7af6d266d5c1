"""A class that keeps everything as attributes, two hidden layers by name."""

import numpy as np


class NeuralNetwork:
    def __init__(self, layer_sizes, learning_rate=0.1, momentum=0.0, batch_size=64):
        self.lr = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size

    def set_weights(self, weights):
        self.W1, self.b1 = weights[0][0].copy(), weights[0][1].copy()
        self.W2, self.b2 = weights[1][0].copy(), weights[1][1].copy()
        self.W3, self.b3 = weights[2][0].copy(), weights[2][1].copy()
        self.v = {}

    def get_weights(self):
        return [
            (self.W1.copy(), self.b1.copy()),
            (self.W2.copy(), self.b2.copy()),
            (self.W3.copy(), self.b3.copy()),
        ]

    def feedforward(self, x):
        self.x = x
        self.z1 = np.dot(x, self.W1) + self.b1
        self.a1 = np.maximum(self.z1, 0)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = np.maximum(self.z2, 0)
        self.z3 = np.dot(self.a2, self.W3) + self.b3
        shifted = self.z3 - self.z3.max(axis=1, keepdims=True)
        self.log_out = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.out = np.exp(self.log_out)
        return self.out

    def predict_proba(self, X):
        return self.feedforward(X)

    def backprop(self, y):
        m = y.shape[0]
        one_hot = np.zeros(self.out.shape)
        one_hot[np.arange(m), y] = 1
        self.dz3 = (self.out - one_hot) / m
        self.dW3 = np.dot(self.a2.T, self.dz3)
        self.db3 = np.sum(self.dz3, axis=0)
        self.dz2 = np.dot(self.dz3, self.W3.T) * (self.z2 > 0)
        self.dW2 = np.dot(self.a1.T, self.dz2)
        self.db2 = np.sum(self.dz2, axis=0)
        self.dz1 = np.dot(self.dz2, self.W2.T) * (self.z1 > 0)
        self.dW1 = np.dot(self.x.T, self.dz1)
        self.db1 = np.sum(self.dz1, axis=0)

    def loss_and_gradients(self, X, y):
        self.feedforward(X)
        self.backprop(y)
        loss = -np.mean(self.log_out[np.arange(len(y)), y])
        return loss, [
            (self.dW1, self.db1),
            (self.dW2, self.db2),
            (self.dW3, self.db3),
        ]

    def update(self):
        for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
            gradient = getattr(self, "d" + name)
            velocity = self.momentum * self.v.get(name, 0) + gradient
            self.v[name] = velocity
            setattr(self, name, getattr(self, name) - self.lr * velocity)

    def train_epoch(self, X, y, order):
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            self.feedforward(X[batch])
            self.backprop(y[batch])
            self.update()
