"""The one home of every hyper-parameter: frozen, keyword-only, validated.

Refuses to import, itself or through others, anything but the standard library, so that
a worker process can read its configuration before it starts its clock on an import.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from compare.architecture import MNIST_SHAPE, POOL, Architecture
from compare.errors import UsageError

ACTIVATIONS = ("relu", "sigmoid", "tanh", "identity")
OPTIMIZERS = ("sgd", "adam", "adamw")
# What is used where nobody says a rate: that of SGD is far too large for Adam.
LEARNING_RATES = {"sgd": 0.015, "adam": 0.001, "adamw": 0.001}
DTYPES = ("float32", "float64")
# Below these a number loses digits, and every library rounds it in its own way.
SMALLEST = {"float32": 2.0**-126, "float64": 2.0**-1022}
SCHEDULES = ("constant", "step", "cosine")
# What departs from the closed division, with the value that does not. The schedule's
# own parameters follow it and are not listed.
OPEN_DIVISION: dict[str, Any] = {
    "schedule": "constant",
    "warmup_epochs": 0,
    "label_smoothing": 0,
    "dropout": 0,
    "gradient_clip": 0,
    "ema_decay": 0,
}
SCHEDULE_PARAMETERS = ("n_epochs", "step_epochs", "step_factor")
# What says that the network is convolutional.
CONVOLUTION_PARAMETERS = ("conv_layers", "image_shape")


@dataclass(frozen=True, kw_only=True)
class HyperParameters:
    """What is trained and how.

    Attributes
    ----------
    layer_sizes : tuple of int
        Features, hidden layers, classes.
    conv_layers : tuple of (out_channels, kernel_size)
        Convolutional layers between the features and the first dense layer: each
        without padding, stride 1, followed by the activation and by the maximum of
        2 x 2 pixels. None in the dense network. See `compare.architecture`.
    image_shape : (channels, height, width)
        How the features lie in an image; means nothing without `conv_layers`.
    activation : {"relu", "sigmoid", "tanh", "identity"}
        After every layer but the last. `sigmoid` is scikit-learn's `logistic`.
    optimizer : {"sgd", "adam", "adamw"}
    learning_rate : float
        η > 0; the largest, if there is a schedule.
    momentum : float
        μ in [0, 1), of `sgd`.
    nesterov : bool
        Of `sgd`; needs momentum > 0.
    weight_decay : float
        λ ≥ 0: L2 added to the gradient of the weights, never of the biases; for
        `adamw` decoupled.
    betas : pair of float
        β₁, β₂ in [0, 1), of `adam` and `adamw`.
    eps : float
        ε > 0, of `adam` and `adamw`.
    batch_size : int
        Rows per step; the last batch of an epoch may have fewer.
    dtype : {"float32", "float64"}
    schedule : {"constant", "step", "cosine"}
        From here on: the open division, which these defaults leave out. ``step``: η
        times `step_factor` after every `step_epochs` epochs. ``cosine``: half a wave
        down to 0 at the end of `n_epochs`, which it needs. Applied step by step.
    warmup_epochs : float
        For this many epochs at the start, η rises linearly to its value.
    n_epochs : int
        Length of the training, for ``cosine``; 0 where nobody needs to know.
    step_epochs : int
        At least 1, of ``step``.
    step_factor : float
        In (0, 1], of ``step``.
    label_smoothing : float
        ε in [0, 1): targets (1 − ε) onehot + ε/K.
    dropout : float
        p in [0, 1) of each hidden activation to be dropped in training; not with
        `conv_layers`.
    gradient_clip : float
        Largest global norm of a gradient; 0 for no limit.
    ema_decay : float
        d in [0, 1): evaluate a moving average of the weights; 0 for the weights.

    Raises
    ------
    UsageError
        A ValueError with the rule and the value, if a value is out of its range.
    """

    layer_sizes: tuple[int, ...] = (784, 128, 64, 10)
    conv_layers: tuple[tuple[int, int], ...] = ()
    image_shape: tuple[int, int, int] = MNIST_SHAPE
    activation: str = "relu"
    optimizer: str = "sgd"
    learning_rate: float = LEARNING_RATES["sgd"]
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    batch_size: int = 64
    dtype: str = "float32"
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    n_epochs: int = 0
    step_epochs: int = 10
    step_factor: float = 0.1
    label_smoothing: float = 0.0
    dropout: float = 0.0
    gradient_clip: float = 0.0
    ema_decay: float = 0.0

    def __post_init__(self) -> None:
        # JSON and users bring lists, and NumPy's numbers, which JSON does not take.
        for name in ("layer_sizes", "image_shape", "betas"):
            value = getattr(self, name)
            if not isinstance(value, Iterable):
                raise UsageError(f"{name} must be a sequence of numbers, got {value!r}")
            object.__setattr__(self, name, tuple(map(_plain, value)))
        object.__setattr__(self, "conv_layers", _pairs(self.conv_layers))
        for item in fields(self):
            object.__setattr__(self, item.name, _plain(getattr(self, item.name)))
        self._check_network()
        self._check_convolutions()
        self._check_optimizer()
        self._check_schedule()
        self._check_regularization()

    def _check_network(self) -> None:
        sizes = self.layer_sizes
        if len(sizes) < 2 or not all(_is_int(n) and n >= 1 for n in sizes):
            raise UsageError(
                "layer_sizes must be at least two whole numbers >= 1, features first "
                f"and classes last, got {sizes}"
            )
        if sizes[-1] < 2:
            raise UsageError(
                f"layer_sizes must end with at least 2 classes, got {sizes[-1]}"
            )
        _require_choice("activation", self.activation, ACTIVATIONS)
        _require_choice("dtype", self.dtype, DTYPES)
        if not _is_int(self.batch_size) or self.batch_size < 1:
            raise UsageError(
                f"batch_size must be a whole number >= 1, got {self.batch_size}"
            )

    def _check_convolutions(self) -> None:
        shape = self.image_shape
        if len(shape) != 3 or not all(_is_int(n) and n >= 1 for n in shape):
            raise UsageError(
                "image_shape must be three whole numbers >= 1, channels, height and "
                f"width, got {shape}"
            )
        if not self.conv_layers:
            return
        if math.prod(shape) != self.n_features:
            raise UsageError(
                f"image_shape must have as many numbers as layer_sizes has features, "
                f"{self.n_features}, got {' x '.join(map(str, shape))} = "
                f"{math.prod(shape)}"
            )
        for i, layer in enumerate(self.architecture.convolutions):
            least = layer.kernel_size + POOL - 1
            if min(layer.in_height, layer.in_width) < least:
                raise UsageError(
                    f"conv_layers[{i}] must read maps of at least {least} x {least} "
                    f"pixels, a kernel of {layer.kernel_size} and a pooling of {POOL}, "
                    f"got {layer.in_height} x {layer.in_width}: take smaller kernels "
                    "or fewer layers"
                )

    def _check_optimizer(self) -> None:
        _require_choice("optimizer", self.optimizer, OPTIMIZERS)
        _require("learning_rate", self.learning_rate, "> 0", lambda v: v > 0)
        _require("momentum", self.momentum, "in [0, 1)", lambda v: 0 <= v < 1)
        _require("weight_decay", self.weight_decay, ">= 0", lambda v: v >= 0)
        _require("eps", self.eps, "> 0", lambda v: v > 0)
        tiny = SMALLEST[self.dtype]
        for name in ("learning_rate", "weight_decay", "eps"):
            if 0 < getattr(self, name) < tiny:
                raise UsageError(
                    f"{name} must be >= {tiny:.3g}, below which {self.dtype} loses "
                    f"digits, got {getattr(self, name)}"
                )
        if len(self.betas) != 2:
            raise UsageError(f"betas must be two numbers, got {self.betas}")
        for name, beta in zip(("betas[0]", "betas[1]"), self.betas, strict=True):
            _require(name, beta, "in [0, 1)", lambda v: 0 <= v < 1)
        if not isinstance(self.nesterov, bool):
            raise UsageError(f"nesterov must be True or False, got {self.nesterov!r}")
        if self.nesterov and self.optimizer == "sgd" and self.momentum == 0:
            raise UsageError("nesterov needs momentum > 0, got momentum 0")

    def _check_schedule(self) -> None:
        _require_choice("schedule", self.schedule, SCHEDULES)
        _require("warmup_epochs", self.warmup_epochs, ">= 0", lambda v: v >= 0)
        _require("step_factor", self.step_factor, "in (0, 1]", lambda v: 0 < v <= 1)
        for name, least in (("n_epochs", 0), ("step_epochs", 1)):
            value = getattr(self, name)
            if not _is_int(value) or value < least:
                raise UsageError(
                    f"{name} must be a whole number >= {least}, got {value}"
                )
        if self.schedule == "cosine" and self.n_epochs <= self.warmup_epochs:
            raise UsageError(
                "schedule cosine needs n_epochs, the length of the training, above "
                f"warmup_epochs={self.warmup_epochs}, got {self.n_epochs}"
            )

    def _check_regularization(self) -> None:
        for name in ("label_smoothing", "dropout", "ema_decay"):
            _require(name, getattr(self, name), "in [0, 1)", lambda v: 0 <= v < 1)
        _require("gradient_clip", self.gradient_clip, ">= 0", lambda v: v >= 0)

    @property
    def open_division(self) -> dict[str, Any]:
        """What departs from the closed division: empty for the plain comparison."""
        return {
            name: getattr(self, name)
            for name, neutral in OPEN_DIVISION.items()
            if getattr(self, name) != neutral
        }

    @property
    def fields_in_use(self) -> dict[str, Any]:
        """The fields that an implementation is created from.

        What makes a network convolutional, and the open division, are among them only
        where they are wanted, so that a class which knows nothing of them can be used.
        """
        if not self.open_division:
            return self.closed_fields
        return self.closed_fields | {
            name: getattr(self, name) for name in (*OPEN_DIVISION, *SCHEDULE_PARAMETERS)
        }

    @property
    def closed_fields(self) -> dict[str, Any]:
        """The fields in use without those of the open division."""
        left_out = [*OPEN_DIVISION, *SCHEDULE_PARAMETERS]
        if not self.conv_layers:
            left_out += CONVOLUTION_PARAMETERS
        return {k: v for k, v in self.to_dict().items() if k not in left_out}

    @property
    def n_features(self) -> int:
        """The size of the input."""
        return self.layer_sizes[0]

    @property
    def n_classes(self) -> int:
        """The size of the output."""
        return self.layer_sizes[-1]

    @property
    def architecture(self) -> Architecture:
        """The network by its sizes."""
        return Architecture(self.layer_sizes, self.conv_layers, self.image_shape)

    @property
    def n_params(self) -> int:
        """Number of weights and biases: 109,386 by default."""
        return self.architecture.n_params

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON; `HyperParameters(**fields)` reads them back."""
        return asdict(self)


def _plain(value: Any) -> Any:
    """Return NumPy's scalars and dtypes as Python's, anything else as it is."""
    if getattr(value, "shape", None) != ():
        return value
    return value.item() if hasattr(value, "item") else getattr(value, "name", value)


def _pairs(value: Any) -> tuple[tuple[int, int], ...]:
    """Return `conv_layers` as a tuple of tuples; JSON and users bring lists."""
    try:
        pairs = tuple(tuple(map(_plain, pair)) for pair in value)
    except TypeError:
        pairs = ((),)
    if not all(len(p) == 2 and all(_is_int(n) and n >= 1 for n in p) for p in pairs):
        raise UsageError(
            "conv_layers must be pairs of whole numbers >= 1, (out_channels, "
            f"kernel_size), got {value!r}"
        )
    return pairs


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _require(name: str, value: Any, rule: str, holds: Any) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        is_finite = is_number and math.isfinite(value)
    except OverflowError:
        is_finite, value = False, "a whole number beyond every float"
    if not is_finite or not holds(value):
        raise UsageError(f"{name} must be a finite number {rule}, got {value}")
