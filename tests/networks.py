"""The fast networks in tests: filled with weights, held to autograd by tensor."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numpy_impl import Network
from tests.autograd import Reference
from tests.parity import Array, Weights, assert_parity, assert_weights_parity

Kind = TypeVar("Kind", bound=Network)


def fill(network: Kind, weights: Weights) -> Kind:
    """Copy weights into a network, and make its gradients useless; return it."""
    for layer, (W, b) in enumerate(weights):
        network.W[layer][...] = W
        network.b[layer][...] = b
    network.grads.fill(np.nan)  # what backward does not write cannot pass
    return network


def assert_reference(
    network: Network,
    X: Array,
    y: NDArray[np.int64],
    expected: Reference,
    tolerance: float,
) -> None:
    """Compare all that a network computes of a batch with autograd."""
    found = {"logits": network.forward(X).copy()}
    found["loss"] = np.asarray(network.loss(y), X.dtype)
    network.backward(y)
    gradients = [
        (dW.copy(), db.copy()) for dW, db in zip(network.dW, network.db, strict=True)
    ]
    found["probs"] = network.probabilities(X).copy()
    found["dX"] = network.input_gradient(X, y)
    for name in ("logits", "loss"):
        assert_parity(
            found[name], getattr(expected, name), name=name, tolerance=tolerance
        )
    assert_weights_parity(
        gradients, expected.gradients, prefix="d", tolerance=tolerance
    )
    for name in ("probs", "dX"):
        assert_parity(
            found[name], getattr(expected, name), name=name, tolerance=tolerance
        )
