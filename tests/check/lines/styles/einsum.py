import numpy as np


def forward(weights, X):
    hidden = X
    for W, b in weights[:-1]:
        hidden = np.clip(np.einsum("ni,ij->nj", hidden, W) + b, 0, None)
    W, b = weights[-1]
    return np.einsum("ni,ij->nj", hidden, W) + b


def gradients(weights, X, y):
    inputs = [X]
    for W, b in weights[:-1]:
        inputs.append(np.clip(np.einsum("ni,ij->nj", inputs[-1], W) + b, 0, None))
    W, b = weights[-1]
    scores = np.einsum("ni,ij->nj", inputs[-1], W) + b
    scores -= scores.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(scores).sum(axis=1, keepdims=True))
    upstream = np.exp(scores - log_norm)
    upstream[range(len(y)), y] -= 1.0
    upstream *= 1.0 / len(y)
    grads = []
    for i in range(len(weights) - 1, -1, -1):
        grads.insert(
            0,
            (
                np.einsum("ni,nj->ij", inputs[i], upstream),
                np.einsum("nj->j", upstream),
            ),
        )
        upstream = np.einsum("nj,ij->ni", upstream, weights[i][0])
        upstream[inputs[i] <= 0] = 0
    return grads
