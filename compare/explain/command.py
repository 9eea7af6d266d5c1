"""Why do two trainings differ? Every default, switched on and off alone.

  python -m compare explain torch sklearn     two engines, out of the box
  python -m compare explain my_mlp.py:MyMLP torch
                                              yours against one: where they part
  python -m compare explain torch keras --layers 784-64-10 --conv 8x5-16x5
                                              both with convolutional layers
  python -m compare explain --case NAME       a published comparison that went wrong

Two engines compute the same from the same settings; this suite proves it. So what is
left between them is what each decides for you. The defaults are read from the installed
frameworks; each is switched alone, and its effect on accuracy and time is measured.
"""

import argparse
import contextlib
import json
import sys
from typing import Any

from compare import config, options, registry
from compare.errors import UsageError
from compare.files import Outputs
from compare.measure.environment import usable_cores
from compare.record.folders import discard_unless_measured, make_folder
from compare.show.words import say
from data import DataError

DEFAULT_SAMPLES = 6_000
LAYERS = (784, 128, 64, 10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="two engines, or your own file.py:Name and an engine; engines: "
        + ", ".join(registry.ENGINES),
    )
    parser.add_argument(
        "--case", metavar="NAME", help="a published comparison; --case list names them"
    )
    group = parser.add_argument_group("two engines")
    for side, which in (("--first", "the first engine"), ("--second", "the second")):
        group.add_argument(
            side,
            nargs="+",
            default=[],
            metavar="NAME=VALUE",
            help=f"settings of {which} instead of its defaults, as batch_size=32 "
            "momentum=0.9 shuffle=on",
        )
    group.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="train both for N epochs, without stopping rule (default: each its own)",
    )
    group.add_argument(
        "--optimizer",
        choices=config.OPTIMIZERS,
        default="adam",
        help="of both, with each framework's own defaults for it (default: adam)",
    )
    group.add_argument(
        "--layers",
        type=options.layer_sizes,
        default=LAYERS,
        metavar="SIZES",
        help="the network of both (default: 784-128-64-10)",
    )
    options.add_convolutions(group)
    group.add_argument(
        "--activation",
        choices=config.ACTIVATIONS,
        default="relu",
        help="(default: relu)",
    )
    group.add_argument(
        "--data", default="mnist", metavar="SOURCE", help=options.DATA_HELP
    )
    group.add_argument(
        "--train-samples",
        type=samples,
        default=DEFAULT_SAMPLES,
        metavar="N",
        help=f"train on N images, or all; the test set is always whole (default: "
        f"{DEFAULT_SAMPLES:,}, which fits into the budget)",
    )
    group.add_argument(
        "--seeds",
        type=options.seeds,
        default=(0, 1, 2),
        metavar="N",
        help="how many seeds, or a list as 0,7,9 (default: 3)",
    )
    group.add_argument(
        "--no-times", action="store_true", help="accuracy only; nothing is timed"
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "--budget",
        type=options.seconds,
        default=150.0,
        metavar="TIME",
        help="such as 90s or 5m; a smaller one means fewer seeds (default: 150s)",
    )
    group.add_argument(
        "--json",
        action="store_true",
        help="print a list of rows with named fields instead of tables",
    )
    options.add_out(group)


def samples(text: str) -> int | None:
    """Read a number of images, or `all`."""
    if text == "all":
        return None
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(
            f"a number of images must be >= 1, or all, got {text!r}"
        )
    return number


def run(args: argparse.Namespace) -> int:
    """Find out what is asked, and answer it; return the exit code."""
    if args.case is not None:
        if args.names:
            raise UsageError("--case stands alone: leave out the names of engines")
        from compare.explain import case_command

        return case_command.run(args)
    if len(args.names) != 2:
        raise UsageError(
            "explain needs two names, as torch sklearn or my_mlp.py:MyMLP torch, "
            f"got {len(args.names)}"
        )
    for name in args.names:
        registry.validate_name(name)
    own = [name for name in args.names if name not in registry.ENGINES]
    if own:
        from compare.explain import own_command

        return own_command.run(args)
    return _engines(args)


def _engines(args: argparse.Namespace) -> int:
    from compare.explain import engines, figures, text
    from compare.explain import record as records
    from compare.explain.settings import parse

    options.positive("--epochs", args.epochs)
    length: dict[str, Any] = {}
    if args.epochs:
        length = {"n_epochs": args.epochs, "patience": 0, "tol": 0.0}
    question = engines.Question(
        engines=(args.names[0], args.names[1]),
        changes=(length | parse(args.first), length | parse(args.second)),
        optimizer=args.optimizer,
        architecture=options.architecture(args),
        activation=args.activation,
        data=args.data,
        train_samples=args.train_samples,
        seeds=args.seeds,
        budget_seconds=args.budget,
        n_processes=max(1, usable_cores()),
        with_times=not args.no_times,
    )
    folder = make_folder(args.out, records.FILE_NAME)
    try:
        record, dataset = engines.prepare(question)
    except (UsageError, DataError, KeyboardInterrupt):
        discard_unless_measured(folder)
        raise
    if not args.json:
        say(text.heading(record))
        say(text.differences_table(record))

    def save() -> None:
        with contextlib.suppress(UsageError):  # there may be room at the end
            record.write(folder)

    engines.carry_out(question, record, dataset, save)
    outputs = Outputs()
    outputs.attempt(lambda: record.write(folder))
    if args.json:
        say(json.dumps(records.rows(record), indent=1, allow_nan=False) + "\n")
    else:
        say(text.answer(record))
    outputs.attempt(lambda: figures.write(record, record.explanation(), folder))
    if not args.json:
        say(f"\n{outputs.sentence(folder)}\n")
    outputs.complain()
    if record.ablation.interrupted:
        sys.stderr.write("Interrupted: what was done by then is shown and kept.\n")
        return 130
    passed = all(same.passed for same in record.same)
    return 0 if passed and not outputs.failures else 1
