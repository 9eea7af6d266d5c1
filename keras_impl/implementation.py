"""The Keras network behind the comparison's methods, and nothing else.

`Sequential`, `compile`, and one `fit` per epoch on the rows in the given order, without
shuffling. What differs from PyTorch and from the NumPy network, in Keras 3.15:

- Adam: ε is added before bias correction ("epsilon hat"), as in scikit-learn.
- Momentum: the velocity contains −η. Equal while η is constant, as it is here.
- L2: the regularizer l2(c) adds c Σ W², whose gradient is 2 c W: c is λ/2.
- Numbers of another precision than `floatx`, a setting of the whole process, are
  converted without a word: it is set for each call, and put back.
- `tanh` computes in float32 whatever it is asked for, on JAX: refused in float64. On
  PyTorch more does, so that float64 agrees with the others to about 1e-8 only.
- Without a softmax at the end, as here, `from_logits=True` must be said.

Keras has no way to ask for gradients that all its backends share, so this class has no
`loss_and_gradients`.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_impl import backend
from keras_impl.checks import (
    OPTIMIZERS,
    check_data,
    check_features,
    check_finite,
    check_offered,
    check_order,
    check_shapes,
)
from keras_impl.network import Layout, Weights, build

backend.choose()
import keras  # noqa: E402  # it reads its backend when it is imported

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

# Images per forward pass of a convolutional network in prediction.
PREDICT_ROWS = 1000

ACTIVATIONS = {
    "relu": "relu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "identity": "linear",
}


class KerasImplementation:
    """`keras.Sequential`, trained by `fit`.

    Parameters are the comparison's hyper-parameters. With `label_smoothing`, the loss
    is `CategoricalCrossentropy`, which smooths labels given as rows of 0 and 1.

    Raises
    ------
    NotImplementedError
        At creation, for what Keras cannot do: tanh in float64.
    """

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...],
        activation: str,
        dtype: str,
        batch_size: int,
        optimizer: str,
        learning_rate: float,
        momentum: float,
        nesterov: bool,
        weight_decay: float,
        betas: tuple[float, float],
        eps: float,
        conv_layers: tuple[tuple[int, int], ...] = (),
        image_shape: tuple[int, int, int] = (1, 28, 28),
        label_smoothing: float = 0.0,
    ) -> None:
        check_offered("keras_impl", activation, ACTIVATIONS)
        check_offered("keras_impl", optimizer, OPTIMIZERS)
        if activation == "tanh" and dtype == "float64":
            raise NotImplementedError(
                "Keras's tanh computes in float32, also where float64 is asked for"
            )
        self.layer_sizes, self.batch_size = tuple(layer_sizes), batch_size
        self._layout = Layout(conv_layers, image_shape)
        self._smooths = label_smoothing > 0
        self.dtype = np.dtype(dtype)
        with self._keras():
            decoupled = optimizer == "adamw"
            self.model = build(
                self.layer_sizes,
                conv_layers=conv_layers,
                image_shape=image_shape,
                activation=ACTIVATIONS[activation],
                l2=0.0 if decoupled else weight_decay / 2,
                dtype=self.dtype.name,
            )
            if optimizer == "sgd":
                rule = keras.optimizers.SGD(
                    learning_rate, momentum=momentum, nesterov=nesterov
                )
            else:
                kind = keras.optimizers.AdamW if decoupled else keras.optimizers.Adam
                own = {"weight_decay": weight_decay} if decoupled else {}
                rule = kind(
                    learning_rate, beta_1=betas[0], beta_2=betas[1], epsilon=eps, **own
                )
            if decoupled:
                rule.exclude_from_weight_decay(var_names=["bias"])
            self.model.compile(
                optimizer=rule,
                loss=keras.losses.CategoricalCrossentropy(
                    from_logits=True, label_smoothing=label_smoothing
                )
                if label_smoothing
                else keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            )
            rule.build(self.model.trainable_variables)

    @contextlib.contextmanager
    def _keras(self) -> Iterator[None]:
        """Let Keras, and JAX under it, compute in our dtype for a while."""
        before = keras.config.floatx()
        keras.config.set_floatx(self.dtype.name)
        try:
            with precision(self.dtype):
                yield
        finally:
            keras.config.set_floatx(before)

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        own = [(W.shape, b.shape) for W, b in self.get_weights()]
        check_shapes(weights, own)
        ours = [(np.asarray(W), np.asarray(b)) for W, b in weights]
        arrays = [np.array(a, self.dtype) for a in self._layout.to_keras(ours)]
        with self._keras():
            self.model.set_weights(arrays)
            for variable in self.model.optimizer.variables:
                if variable.name != "learning_rate":
                    variable.assign(np.zeros(variable.shape, variable.dtype))

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...]."""
        return self._layout.from_keras(self.model.get_weights())

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        Raises
        ------
        ValueError, TypeError
            If X, y and the network do not fit together, or a label is out of range.
        IndexError
            If `order` names a row that X does not have.
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        X = np.asarray(X, self.dtype)
        y = check_data(X, y, self.layer_sizes)
        order = check_order(order, len(X))
        if len(order) == 0:
            return
        with self._keras():
            labels = y[order]
            if self._smooths:
                labels = keras.utils.to_categorical(labels, self.layer_sizes[-1])
            self.model.fit(
                X[order],
                labels,
                batch_size=self.batch_size,
                epochs=1,
                shuffle=False,
                verbose=0,
            )
        for array in self.model.get_weights():
            check_finite(array)

    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        check_features(X, self.layer_sizes)
        X = np.asarray(X, self.dtype)
        # Maps take much memory, so they come in parts.
        n = PREDICT_ROWS if self._layout.maps else max(len(X), 1)
        starts = range(0, max(len(X), 1), n)
        with self._keras():
            parts = [self.model.predict_on_batch(X[k : k + n]) for k in starts]
        logits = np.concatenate([np.array(part) for part in parts])
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))


def precision(dtype: np.dtype[Any]) -> contextlib.AbstractContextManager[Any]:
    """Let JAX, if that is the backend, have 64 bits where `dtype` asks for them."""
    if keras.backend.backend() != "jax":
        return contextlib.nullcontext()
    import jax

    context: contextlib.AbstractContextManager[Any] = jax.enable_x64(
        dtype == np.float64
    )
    return context
