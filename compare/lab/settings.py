"""What a training of the page is: its settings, read, checked, filled in."""

from typing import Any

from compare.config import HyperParameters
from compare.errors import UsageError
from data.raw import N_PIXELS

# What a page may choose, beside the seed and the number of epochs.
CHOICES = (
    *("conv_layers", "hidden_layers", "activation", "optimizer", "learning_rate"),
    *("momentum", "nesterov", "weight_decay", "batch_size", "dtype"),
)
MOST_HIDDEN, MOST_UNITS, MOST_BATCH, MOST_EPOCHS = 4, 1024, 4096, 50
MOST_CONVOLUTIONS, MOST_CHANNELS, MOST_KERNEL = 3, 64, 27
# A step unfolds the maps of its whole batch: half a gigabyte in float32.
MOST_UNFOLDED = 2**27


def read_settings(asked: dict[str, Any], n_classes: int) -> dict[str, Any]:
    """Return settings that are a training, defaults filled in.

    Raises
    ------
    UsageError
        With the rule and the value, for anything else.
    """
    settings = defaults()
    unknown = sorted(asked.keys() - settings.keys())
    if unknown:
        raise UsageError(
            f"a training has no setting {unknown[0]!r}; it has {', '.join(settings)}"
        )
    settings |= asked
    _check_hidden(settings["hidden_layers"])
    _check_convolutions(settings["conv_layers"])
    for name, low, high in (
        ("batch_size", 1, MOST_BATCH),
        ("n_epochs", 1, MOST_EPOCHS),
        ("seed", 0, 2**31),
    ):
        if not _whole(settings[name], low, high):
            raise UsageError(
                f"{name} must be a whole number from {low} to {high}, "
                f"got {settings[name]!r}"
            )
    _check_memory(hyper_parameters_of(settings, n_classes))  # which refuses the rest
    return settings


def defaults() -> dict[str, Any]:
    """Return the settings of the default training."""
    hyper_parameters = HyperParameters()
    return {
        "conv_layers": [],
        "hidden_layers": list(hyper_parameters.layer_sizes[1:-1]),
        "activation": hyper_parameters.activation,
        "optimizer": hyper_parameters.optimizer,
        "learning_rate": hyper_parameters.learning_rate,
        "momentum": hyper_parameters.momentum,
        "nesterov": hyper_parameters.nesterov,
        "weight_decay": hyper_parameters.weight_decay,
        "batch_size": hyper_parameters.batch_size,
        "dtype": "float32",
        "seed": 0,
        "n_epochs": 1,
    }


def hyper_parameters_of(settings: dict[str, Any], n_classes: int) -> HyperParameters:
    """Return the hyper-parameters of a training; raises UsageError."""
    fields = {name: settings[name] for name in CHOICES if name != "hidden_layers"}
    sizes = (N_PIXELS, *settings["hidden_layers"], n_classes)
    return HyperParameters(layer_sizes=sizes, **fields)


def network_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what a change of which means another training."""
    return {name: settings.get(name) for name in (*CHOICES, "seed")}


def _check_hidden(hidden: Any) -> None:
    if (
        not isinstance(hidden, list)
        or len(hidden) > MOST_HIDDEN
        or not all(_whole(n, 1, MOST_UNITS) for n in hidden)
    ):
        raise UsageError(
            f"hidden_layers must be at most {MOST_HIDDEN} whole numbers from 1 to "
            f"{MOST_UNITS}, got {hidden!r}"
        )


def _check_convolutions(layers: Any) -> None:
    if (
        not isinstance(layers, list)
        or len(layers) > MOST_CONVOLUTIONS
        or not all(_is_convolution(layer) for layer in layers)
    ):
        raise UsageError(
            f"conv_layers must be at most {MOST_CONVOLUTIONS} pairs, channels from 1 "
            f"to {MOST_CHANNELS} and a kernel size from 1 to {MOST_KERNEL}, as 8x5, "
            f"got {layers!r}"
        )


def _is_convolution(layer: Any) -> bool:
    if not isinstance(layer, list) or len(layer) != 2:
        return False
    return _whole(layer[0], 1, MOST_CHANNELS) and _whole(layer[1], 1, MOST_KERNEL)


def _check_memory(hyper_parameters: HyperParameters) -> None:
    for layer in hyper_parameters.architecture.convolutions:
        _, n_under, n_places = layer.unfolded
        n_numbers = hyper_parameters.batch_size * n_under * n_places
        if n_numbers > MOST_UNFOLDED:
            raise UsageError(
                f"a step may unfold at most {MOST_UNFOLDED:,} numbers in a "
                f"convolution, got {n_numbers:,}: take a smaller batch or fewer "
                "channels"
            )


def _whole(value: Any, low: int, high: int) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and low <= value <= high
