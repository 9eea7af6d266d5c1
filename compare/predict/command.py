"""Recognise digits: in pictures, photographs of pages, folders and data sets.

A picture is brought to MNIST's form first: grey, light on black, cropped, fitted into
20 x 20 pixels and centred by mass in 28 x 28. Of several digits apart, a row or a page,
each gets an answer, from left to right, line by line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from compare import options, registry
from compare.errors import UsageError
from compare.escape import printable
from compare.files import Outputs, check_place, write_text
from compare.record import model_file

if TYPE_CHECKING:
    from compare.predict.answers import Answers
    from compare.predict.inputs import Images

DEFAULT_MODEL = Path("results") / "model.safetensors"
SUBMISSION = Path("submission.csv")
KAGGLE_ROWS = 28_000
LONGEST = 2000  # of a line
FIGURE_SUFFIXES = (".png", ".svg", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m compare predict`."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGES",
        help="pictures (PNG, JPEG, BMP, GIF, WebP, PPM), folders or .zip files of "
        "them, or whatever --data takes, of a data set its test images; - is standard "
        "input",
    )
    group = parser.add_argument_group("the network")
    group.add_argument(
        "--model",
        type=options.place,
        metavar="FILE",
        help=f"a trained network (default: {DEFAULT_MODEL})",
    )
    group.add_argument(
        "--impl",
        default="numpy",
        metavar="NAME",
        help="who computes: numpy (default), any other engine by name, or your own "
        "file.py:Name",
    )
    group.add_argument(
        "--train",
        action="store_true",
        help="train the default recipe first, a matter of seconds",
    )
    group.add_argument(
        "--data",
        metavar="SOURCE",
        help=f"what --train learns: {options.DATA_HELP}",
    )
    group.add_argument(
        "--save-model",
        type=options.place,
        metavar="FILE",
        help="keep what --train has trained, in a .safetensors file",
    )
    group = parser.add_argument_group("what comes in and what goes out")
    group.add_argument(
        "--as-is",
        action="store_true",
        help="pictures are 28 x 28, light on black, and are not to be touched",
    )
    options.add_transpose(group)
    group.add_argument(
        "--format",
        choices=("table", "csv", "json"),
        help="csv and json have the probability of every class (default: table)",
    )
    group.add_argument(
        "--out",
        type=options.place,
        metavar="FILE",
        help="write there, not to standard output",
    )
    group.add_argument(
        "--show",
        type=options.place,
        metavar="FILE",
        help="draw what the network saw beside its answer (.png, .svg or .pdf)",
    )
    group.add_argument(
        "--kaggle",
        action="store_true",
        help="IMAGES is Kaggle's test.csv: write submission.csv (or --out FILE)",
    )
    parser.epilog = (
        "examples:\n"
        f"  python -m compare predict --train --save-model {DEFAULT_MODEL} photo.jpg\n"
        "  python -m compare predict photo.jpg drawings/ --show seen.png\n"
        "  python -m compare predict --format json - < digit.png\n"
        "  python -m compare predict data/mnist/t10k-images-idx3-ubyte.gz "
        "--format csv --out answers.csv\n"
        "  python -m compare predict --kaggle test.csv\n"
    )


def run(args: argparse.Namespace) -> int:
    """Answer for every image; return 1 if one of them could not be read."""
    check(args)
    from compare.predict import answers as forms
    from compare.predict import network
    from compare.predict.upright import upright

    if not args.train and args.model is None and not DEFAULT_MODEL.is_file():
        raise UsageError(
            "there is no model yet: add --train to train one in seconds, and "
            f"--save-model {DEFAULT_MODEL} to keep it, or name one with --model FILE"
        )
    model = None if args.train else model_file.load(args.model or DEFAULT_MODEL)
    wanted, refused = read(args)
    if not wanted:
        return 1
    outputs = Outputs()
    model = model or network.train(args, outputs, report=tell)
    implementation = network.with_weights_of(model, args.impl)
    answered = []
    for images in wanted:
        images, note = upright(
            images, implementation, model, transpose=args.transpose, name=args.impl
        )
        if note is not None:
            tell(note)
        answered.append(forms.ask(implementation, images, model, name=args.impl))
        compare_labels(answered[-1])
    if not args.as_is:
        warn_of_the_form(answered)
    outputs.attempt(lambda: write(args, answered))
    if args.show is not None:
        outputs.attempt(lambda: show(answered, args.show))
    for path in outputs.written:
        tell(f"written to {path}")
    outputs.complain()
    return 1 if refused or outputs.failures else 0


def check(args: argparse.Namespace) -> None:
    """Raise UsageError for options that do not go together, before any work."""
    registry.validate_name(args.impl)
    if args.data is not None and not args.train:
        raise UsageError("--data is what --train learns: add --train, or leave it")
    if args.save_model is not None:
        if not args.train:
            raise UsageError(
                "--save-model keeps what --train has trained: add --train, or leave it"
            )
        model_file.require_suffix(args.save_model)
    if args.train and args.model is not None:
        raise UsageError("--train makes a new model and --model names one: choose")
    if args.show is not None and args.show.suffix.lower() not in FIGURE_SUFFIXES:
        raise UsageError(
            f"--show must end in {', '.join(FIGURE_SUFFIXES)}, got {args.show}"
        )
    if args.images.count("-") > 1:
        raise UsageError("standard input can be read once, got - more than once")
    if args.kaggle and len(args.images) != 1:
        raise UsageError(
            f"--kaggle takes one file, Kaggle's test.csv, got {len(args.images)}"
        )
    if args.kaggle and args.format is not None:
        raise UsageError(
            f"--kaggle has a form of its own, got --format {args.format}: leave it out"
        )
    check_places(args)


def check_places(args: argparse.Namespace) -> None:
    """Raise UsageError if a file that is written is read too, or written twice."""
    from compare.predict.places import require_apart

    images = [name for name in args.images if name != "-"]
    reads = [("an image that is to be read", Path(name)) for name in images]
    if not args.train:
        reads.append(("the model", args.model or DEFAULT_MODEL))
    if args.data is not None:
        reads.append(("what --train learns", Path(args.data)))
    if ":" in args.impl:
        reads.append(("the file of --impl", Path(args.impl.rpartition(":")[0])))
    out = args.out or (SUBMISSION if args.kaggle else None)
    writes = (("--out", out), ("--show", args.show), ("--save-model", args.save_model))
    named = [(option, path) for option, path in writes if path]
    require_apart(reads, named)
    for _, path in named:
        check_place(path)


def read(args: argparse.Namespace) -> tuple[list[Images], bool]:
    """Return what can be read and whether something cannot; say why at once.

    It comes before any training: a name misspelled is not to cost one.
    """
    from compare.predict import inputs
    from data import DataError

    found, refused = [], False
    for images in inputs.read_all(args.images, as_is=args.as_is):
        if not isinstance(images, DataError):
            found.append(images)
        elif args.kaggle:
            raise images
        else:
            refused = True
            tell(f"error: {images}")
    if args.kaggle:
        require_no_labels(found[0])
    return found, refused


def require_no_labels(images: Images) -> None:
    """Raise UsageError unless this can be Kaggle's test.csv."""
    if images.picture is not None or images.labels is not None:
        found = "a picture" if images.picture is not None else "a table with labels"
        raise UsageError(
            f"--kaggle takes Kaggle's test.csv, which has no labels, got {found}: "
            f"{images.source}; leave --kaggle out"
        )


def compare_labels(answers: Answers) -> None:
    """Where the file has labels itself, say how many answers agree with them."""
    given = answers.given
    if given is not None and answers.images.picture is None:
        n_right = int((answers.probs.argmax(axis=1) == given).sum())
        tell(
            f"{answers.images.source} has labels: {n_right:,} of {len(given):,} "
            f"answers agree ({100 * (n_right / len(given)):.2f} %)"
        )


def warn_of_the_form(answered: list[Answers]) -> None:
    """Say so, if pictures were made like digits for a network that knows others."""
    names = answered[0].class_names
    pictures = any(each.images.picture is not None for each in answered)
    if pictures and not all(name.isdigit() for name in names):
        tell(
            f"note: this network knows {names[0]}, {names[1]}, …, and no digits, but "
            "pictures were cropped and centred like digits; --as-is leaves 28 x 28 "
            "pictures alone"
        )


def write(args: argparse.Namespace, answered: list[Answers]) -> None:
    """Write the answers to a file or to standard output."""
    from compare.predict import answers as forms

    if args.kaggle:
        n_rows = len(answered[0].probs)
        text, path = forms.as_kaggle(answered), args.out or SUBMISSION
        if n_rows != KAGGLE_ROWS:
            tell(
                f"note: Kaggle's test.csv has {KAGGLE_ROWS:,} images, this has "
                f"{n_rows:,}"
            )
    else:
        text, path = forms.FORMATS[args.format or "table"](answered), args.out
    if path is None:
        sys.stdout.write(text)
    else:
        write_text(path, text)


def show(answered: list[Answers], path: Path) -> None:
    """Draw what the network saw."""
    from compare.predict import figures as figure
    from compare.show import figure_style as style

    with style.styled():
        n_drawn, n_all = figure.write(answered, path)
    if n_drawn < n_all:
        tell(f"note: {path} shows the first {n_drawn} of {n_all:,} images")


def tell(sentence: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{printable(sentence, LONGEST)}\n")
    sys.stderr.flush()
