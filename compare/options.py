"""The options that several commands share, each with its help and its check."""

import argparse
import dataclasses
import re
from pathlib import Path
from typing import Any

from compare import config
from compare.architecture import Architecture
from compare.config import LEARNING_RATES, HyperParameters
from compare.errors import UsageError
from compare.recipe import Recipe
from compare.weights import DEFAULT_SCHEME, SCHEMES

# More is a slip of the finger: a whole day of work.
MOST_SEEDS = 1000
DATA_HELP = (
    "mnist (default, offline), fashion-mnist, openml:NAME, or a path: IDX files, CSV, "
    "Parquet, NPZ, NPY or MATLAB files, or one folder of pictures per class, each also "
    "as .gz or .zip"
)


def add_hyper_parameters(
    parser: argparse.ArgumentParser, recipe: Recipe | None = None
) -> None:
    """Add what is trained and how; the help names the defaults of `recipe`.

    Without a recipe they are those of `HyperParameters`.
    """
    defaults = recipe.hyper_parameters if recipe else HyperParameters()
    init = recipe.init if recipe else DEFAULT_SCHEME
    group = parser.add_argument_group(
        "the network and its training",
        "Another --recipe has other defaults." if recipe else None,
    )
    group.add_argument(
        "--layers",
        type=layer_sizes,
        metavar="SIZES",
        help="sizes from features to classes, as 784-128-64-10 (the default)",
    )
    add_convolutions(group, conv_text(defaults.conv_layers))
    group.add_argument(
        "--activation",
        choices=config.ACTIVATIONS,
        help=f"after every hidden layer (default: {defaults.activation})",
    )
    group.add_argument(
        "--optimizer",
        choices=config.OPTIMIZERS,
        help=f"(default: {defaults.optimizer})",
    )
    group.add_argument(
        "--learning-rate",
        type=float,
        metavar="ETA",
        help=f"(default: {defaults.learning_rate} for {defaults.optimizer}, "
        f"{LEARNING_RATES['adam']} for adam and adamw)",
    )
    group.add_argument(
        "--momentum",
        type=float,
        metavar="MU",
        help=f"of sgd, in [0, 1) (default: {defaults.momentum})",
    )
    group.add_argument(
        "--nesterov", action="store_true", default=None, help="Nesterov momentum, sgd"
    )
    group.add_argument(
        "--weight-decay",
        type=float,
        metavar="LAMBDA",
        help="L2 on the weights, never on the biases (default: 0)",
    )
    group.add_argument(
        "--batch-size",
        type=int,
        metavar="B",
        help=f"images per step (default: {defaults.batch_size})",
    )
    group.add_argument(
        "--dtype", choices=config.DTYPES, help=f"(default: {defaults.dtype})"
    )
    group.add_argument(
        "--init",
        choices=SCHEMES,
        default=None,
        help=f"scheme of the initial weights (default: {init})",
    )


def add_convolutions(parser: argparse._ActionsContainer, default: str = "none") -> None:
    """Add `--conv`, the convolutional layers before those of `--layers`."""
    parser.add_argument(
        "--conv",
        dest="conv_layers",
        type=conv_layers,
        metavar="LAYERS",
        help="convolutional layers before the dense ones, channels x kernel size, as "
        f"8x5-16x5; each ends with a 2 x 2 maximum (default: {default})",
    )


def hyper_parameters(
    args: argparse.Namespace, base: HyperParameters | None = None
) -> HyperParameters:
    """Return `base` with what the options ask for; default the defaults."""
    base = base or HyperParameters()
    names = (
        "conv_layers",
        "activation",
        "optimizer",
        "learning_rate",
        "momentum",
        "nesterov",
        "weight_decay",
        "batch_size",
        "dtype",
    )
    given: dict[str, Any] = {
        name: getattr(args, name) for name in names if getattr(args, name) is not None
    }
    if args.layers is not None:
        given["layer_sizes"] = args.layers
    # A rate that is right for SGD is far too large for Adam.
    if args.optimizer is not None and (args.optimizer == "sgd") != (
        base.optimizer == "sgd"
    ):
        given.setdefault("learning_rate", LEARNING_RATES[args.optimizer])
    chosen = dataclasses.replace(base, **given)
    for name in ("momentum", "nesterov"):
        if name in given and chosen.optimizer != "sgd":
            raise UsageError(
                f"--{name} is an option of sgd, got --optimizer {chosen.optimizer}: "
                "leave one of them out"
            )
    return chosen


def architecture(args: argparse.Namespace) -> Architecture:
    """Return the network of `--layers` and `--conv`.

    Raises
    ------
    UsageError
        If there is none such.
    """
    return HyperParameters(
        layer_sizes=args.layers, conv_layers=args.conv_layers or ()
    ).architecture


def add_transpose(parser: argparse._ActionsContainer) -> None:
    """Add the option that says whether images are stored transposed."""
    parser.add_argument(
        "--transpose",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="exchange rows and columns of the images, as EMNIST needs it "
        "(default: find out, and say so)",
    )


def add_out(
    parser: argparse._ActionsContainer,
    what: str = "where results are written (default: results/<time stamp>)",
) -> None:
    """Add `--out`, the folder that a command writes into."""
    parser.add_argument("--out", type=place, metavar="DIR", help=what)


def place(text: str) -> Path:
    """Read the name of a file or folder; an empty one would be this folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a name must not be empty")
    return Path(text)


def layer_sizes(text: str) -> tuple[int, ...]:
    """Read 784-128-64-10; commas work too."""
    try:
        return tuple(int(part) for part in text.replace(",", "-").split("-"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"sizes must be whole numbers joined by -, as 784-128-64-10, got {text!r}"
        ) from None


def conv_layers(text: str) -> tuple[tuple[int, int], ...]:
    """Read 8x5-16x5; commas work too."""
    if text == "none":
        return ()
    try:
        parts = [part.split("x") for part in text.replace(",", "-").split("-")]
        return tuple((int(out), int(kernel)) for out, kernel in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "convolutional layers must be none, or pairs of whole numbers joined by -, "
            f"as 8x5-16x5, got {text!r}"
        ) from None


def conv_text(layers: tuple[tuple[int, int], ...]) -> str:
    """Write what `conv_layers` reads."""
    return "-".join(f"{out}x{kernel}" for out, kernel in layers) or "none"


def require_dense(network: Architecture, command: str) -> None:
    """Raise UsageError for a convolutional network, in a command that has no way."""
    if network.conv_layers:
        raise UsageError(f"{command} takes dense networks only, got {network}")


def seeds(text: str) -> tuple[int, ...]:
    """Read a number of seeds, 3, or the seeds themselves, 0,7,9."""
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"seeds must be a count, as 3, or a list, as 0,7,9, got {text!r}"
        ) from None
    if min(numbers) < 0 or numbers == (0,):
        raise argparse.ArgumentTypeError(
            f"seeds must be a count >= 1 or a list of numbers >= 0, got {text!r}"
        )
    if len(set(numbers)) < len(numbers):
        raise argparse.ArgumentTypeError(f"seeds must differ, got {text!r}")
    if len(numbers) == 1 and numbers[0] > MOST_SEEDS:
        raise argparse.ArgumentTypeError(
            f"seeds must be a count of at most {MOST_SEEDS}, or a list, got {text!r}"
        )
    return tuple(range(numbers[0])) if len(numbers) == 1 else numbers


def seconds(text: str) -> float:
    """Read 90, 90s, 5m or 1h."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    value = 0.0
    if match:
        value = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
    if value <= 0:
        raise argparse.ArgumentTypeError(
            f"a time must be a number > 0 with s, m or h, as 120s, got {text!r}"
        )
    return value


def at_most(name: str, value: int, limit: int, what: str) -> None:
    """Raise UsageError if a value is above its limit."""
    if value > limit:
        raise UsageError(f"{name} must be <= {limit}, {what}, got {value}")


def positive(name: str, value: int | None) -> None:
    """Raise UsageError unless a value is missing or >= 1."""
    if value is not None and value < 1:
        raise UsageError(f"{name} must be >= 1, got {value}")
