"""Samples in columns, parameters and caches in dictionaries, as many courses do."""

import numpy as np


def initialize(weights):
    parameters = {}
    for l, (W, b) in enumerate(weights, 1):
        parameters["W" + str(l)] = W
        parameters["b" + str(l)] = b
    return parameters


def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    return Z, (A, W, b)


def relu(Z):
    A = np.maximum(0, Z)
    return A, Z


def softmax(Z):
    e = np.exp(Z - Z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        Z, linear_cache = linear_forward(A, parameters["W" + str(l)], parameters["b" + str(l)])
        A, activation_cache = relu(Z)
        caches.append((linear_cache, activation_cache))
    Z, linear_cache = linear_forward(A, parameters["W" + str(L)], parameters["b" + str(L)])
    AL = softmax(Z)
    caches.append((linear_cache, Z))
    return AL, caches


def forward(weights, X):
    return model_forward(X, initialize(weights))[0]


def gradients(weights, X, Y):
    AL, caches = model_forward(X, initialize(weights))
    grads = {}
    L = len(caches)
    dZ = AL - Y
    dA, grads["dW" + str(L)], grads["db" + str(L)] = linear_backward(dZ, caches[L - 1][0])
    for l in reversed(range(L - 1)):
        linear_cache, Z = caches[l]
        dZ = relu_backward(dA, Z)
        dA, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_backward(dZ, linear_cache)
    return grads
