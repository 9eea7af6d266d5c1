import numpy as np


def relu(z):
    return np.maximum(0, z)


def softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    exp_z = np.exp(z)
    return exp_z / np.sum(exp_z, axis=1, keepdims=True)


def forward(weights, X):
    (W1, b1), (W2, b2), (W3, b3) = weights
    a1 = relu(X @ W1 + b1)
    a2 = relu(a1 @ W2 + b2)
    return softmax(a2 @ W3 + b3)


def gradients(weights, X, y):
    (W1, b1), (W2, b2), (W3, b3) = weights
    n = X.shape[0]
    z1 = X @ W1 + b1
    a1 = relu(z1)
    z2 = a1 @ W2 + b2
    a2 = relu(z2)
    z3 = a2 @ W3 + b3
    probs = softmax(z3)

    delta3 = probs.copy()
    delta3[np.arange(n), y] -= 1
    delta3 /= n
    dW3 = a2.T @ delta3
    db3 = delta3.sum(axis=0)
    delta2 = (delta3 @ W3.T) * (z2 > 0)
    dW2 = a1.T @ delta2
    db2 = delta2.sum(axis=0)
    delta1 = (delta2 @ W2.T) * (z1 > 0)
    dW1 = X.T @ delta1
    db1 = delta1.sum(axis=0)
    return [(dW1, db1), (dW2, db2), (dW3, db3)]
