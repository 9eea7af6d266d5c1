"""scikit-learn's `MLPClassifier` behind the comparison's methods.

It starts from given weights and sees the given batches: one `partial_fit` per epoch on
the rows in the given order, without shuffling, early stop or tolerance. What then
still differs from PyTorch and from the NumPy network, in scikit-learn 1.9:

- L2: `alpha` is divided by the size of each batch (the documentation says: by the
  number of samples). alpha = weight_decay · batch_size makes it equal on full batches;
  a short last batch decays more.
- Adam: ε is added before bias correction ("epsilon hat"). `numpy_impl` can do the same.
- Momentum: the velocity contains −η. Equal while η is constant, as it is here.
- Its Adam computes in float64 under NumPy 2, whatever the dtype of the weights.
- It computes the loss of every batch, and binarises the labels once per epoch.

It has no public way to ask for gradients, so this class has no `loss_and_gradients`.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from sklearn_baseline.checks import (
    check_data,
    check_offered,
    check_order,
    check_weights,
)

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]

ACTIVATIONS = {
    "relu": "relu",
    "sigmoid": "logistic",
    "tanh": "tanh",
    "identity": "identity",
}


class SklearnImplementation:
    """`MLPClassifier`, driven one epoch at a time.

    Parameters are the comparison's hyper-parameters.

    Raises
    ------
    NotImplementedError
        At creation, for what `MLPClassifier` cannot do: AdamW, another activation than
        its four, fewer than 3 classes.
    """

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...] = (784, 128, 64, 10),
        activation: str = "relu",
        dtype: str = "float32",
        batch_size: int = 64,
        optimizer: str = "sgd",
        learning_rate: float = 0.015,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        check_offered("scikit-learn's MLPClassifier", optimizer, ("sgd", "adam"))
        check_offered("scikit-learn's MLPClassifier", activation, ACTIVATIONS)
        if layer_sizes[-1] < 3:
            raise NotImplementedError(
                "scikit-learn's MLPClassifier needs at least 3 classes to have one "
                f"logit per class, got {layer_sizes[-1]}"
            )
        self.dtype = np.dtype(dtype)
        self.layer_sizes, self.batch_size = layer_sizes, batch_size
        self._options: dict[str, Any] = {
            "hidden_layer_sizes": layer_sizes[1:-1],
            "activation": ACTIVATIONS[activation],
            "solver": optimizer,
            "alpha": weight_decay * batch_size,
            "batch_size": batch_size,
            "learning_rate_init": learning_rate,
            "momentum": momentum,
            "nesterovs_momentum": nesterov,
            "beta_1": betas[0],
            "beta_2": betas[1],
            "epsilon": eps,
            "shuffle": False,
            "random_state": 0,
        }
        self._model: MLPClassifier | None = None
        self._X_ordered: Array | None = None

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        check_weights(weights, self.layer_sizes)
        model = self._allocate()
        model.coefs_ = [np.array(W, self.dtype) for W, _ in weights]
        model.intercepts_ = [np.array(b, self.dtype) for _, b in weights]
        # The optimizer holds references to the arrays just replaced, and the memory of
        # the step that allocated them. The next partial_fit makes a new one.
        del model._optimizer
        self._model = model

    def _allocate(self) -> MLPClassifier:
        """Return a model with arrays of the right shapes: only a fit makes them."""
        n_classes = self.layer_sizes[-1]
        rows = max(self.batch_size, n_classes)
        model = MLPClassifier(**self._options)
        model.partial_fit(
            np.zeros((rows, self.layer_sizes[0]), self.dtype),
            np.arange(rows) % n_classes,
            classes=np.arange(n_classes),
        )
        return model

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...]."""
        model = self._fitted()
        pairs = zip(model.coefs_, model.intercepts_, strict=True)
        return [(W.copy(), b.copy()) for W, b in pairs]

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        Raises
        ------
        IndexError
            If `order` names a row that X does not have.
        ValueError, TypeError
            If X, y and the network do not fit together, or a label is out of range; by
            scikit-learn, if the parameters are not finite afterwards.
        """
        model = self._fitted()
        if len(order) == 0:
            return  # partial_fit refuses it
        X = np.asarray(X, self.dtype)
        y = check_data(X, y, self.layer_sizes)
        order = check_order(order, len(X))
        X_ordered = self._room(max(len(order), len(X)), X.shape[1])[: len(order)]
        X.take(order, axis=0, out=X_ordered, mode="clip")
        with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
            # Fewer rows than batch_size make one short batch: just what is wanted.
            warnings.filterwarnings("ignore", "Got `batch_size` less than 1 or larger")
            model.partial_fit(X_ordered, y[order])

    def _room(self, n_rows: int, n_features: int) -> Array:
        """Return an array for an epoch in order, kept from one epoch to the next.

        For MNIST it is 169 MB. Gathering into fresh memory takes about twice the time,
        3 % of an epoch, so it is written once here, and no later epoch pays for it.
        """
        room = self._X_ordered
        if room is None or len(room) < n_rows or room.shape[1] != n_features:
            room = np.full((n_rows, n_features), 0, self.dtype)
            self._X_ordered = room
        return room

    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        probs = self._fitted().predict_proba(np.asarray(X, self.dtype))
        return np.asarray(probs)

    def _fitted(self) -> MLPClassifier:
        if self._model is None:
            raise RuntimeError("set_weights(weights) must be called first")
        return self._model
