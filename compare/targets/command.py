"""Measure the speed targets of the networks by hand, each beside its ratio.

784-128-64-10, float32, one thread, real images: against the fastest of all other
engines that are installed, against the fastest PyTorch, and for one image. All take
turns in one run. The first run compiles torch-compile and numba, which takes a minute
or two.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from compare import options, registry
from compare.errors import UsageError
from compare.files import Outputs, check_place, write_text
from compare.measure import blocks, environment, floor
from compare.show.progress import Steps
from compare.targets import goals
from compare.targets import text as targets_text

KINDS = {
    setting: ("training", "floor", "one_image")
    if setting == goals.ONE_IMAGE_SETTING
    else ("training", "floor")
    for setting in goals.SETTINGS
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--rounds",
        type=int,
        default=25,
        metavar="N",
        help="how often each takes its turn (default: 25, about 4 minutes)",
    )
    parser.add_argument(
        "--impl",
        nargs="+",
        metavar="NAME",
        help="measure these alone (default: all engines installed)",
    )
    parser.add_argument(
        "--data",
        default="mnist",
        metavar="SOURCE",
        help="whose images; how many pixels are 0 decides what skipping gains: "
        + options.DATA_HELP,
    )
    parser.add_argument(
        "--json",
        type=options.place,
        metavar="FILE",
        help="also write every block to FILE",
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print the table; 1 if a target is missed."""
    options.positive("--rounds", args.rounds)
    names = _names(args.impl)
    if args.json is not None:
        check_place(args.json)
    stamp = environment.stamp()
    sys.stderr.write(environment.kernel_note(stamp))
    import data

    images = data.load(args.data, dtype="float32").X_train[: blocks.N_SAMPLES]
    sys.stderr.write("Preparing; compilation may take a minute or two ...\n")
    turns = args.rounds * len(names) * len(goals.SETTINGS)
    with Steps("measuring", turns) as steps:
        rows, finished = blocks.measure(
            names,
            goals.SETTINGS,
            kinds=KINDS,
            n_rounds=args.rounds,
            n_threads=1,
            notify=steps.advance,
            images=images,
        )
    found = goals.outcomes(rows)
    sys.stdout.write(
        f"{stamp['processor']}, 1 thread, float32, 784-128-64-10, {args.data}\n"
        f"{targets_text.blas_line(rows)}\n"
        f"{targets_text.headline(found)}\n"
        f"{targets_text.target_table(found)}\n"
        f"{targets_text.row_table(rows)}\n"
        f"{targets_text.sentences(rows, found, floor.peak_gflops())}"
    )
    outputs = Outputs()
    if args.json is not None:
        outputs.attempt(lambda: _write(args.json, stamp, rows))
    outputs.complain()
    if not finished:
        sys.stderr.write("Interrupted: the tables show what was done by then.\n")
        return 130
    missed = any(outcome.verdict == "missed" for outcome in found)
    return 1 if missed or outputs.failures else 0


def _names(given: list[str] | None) -> list[str]:
    if given is None:
        return goals.candidates()
    names = list(dict.fromkeys(registry.chosen(given)))
    known = goals.candidates()
    for name in names:
        if name not in known:
            raise UsageError(f"--impl must be among {', '.join(known)}, got {name}")
    if goals.NUMPY not in names:
        raise UsageError(f"--impl must contain {goals.NUMPY}: it is the subject")
    return names


def _write(path: Path, stamp: dict[str, Any], rows: list[blocks.Row]) -> None:
    content = {"environment": stamp, "rows": [dataclasses.asdict(row) for row in rows]}
    write_text(path, json.dumps(content, indent=1))
