"""Measure the speed targets of the hand-written network, each beside its ratio.

784-128-64-10, float32, one thread: over the matrix products alone, against the fastest
PyTorch variant with autograd, against scikit-learn, and for one image. All take turns
in one run. The first run compiles torch-compile, which takes a minute or two.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from compare import options
from compare.errors import UsageError
from compare.files import check_place, write_text
from compare.measure import blocks, environment
from compare.show.progress import Steps
from compare.show.words import say
from compare.targets import goals as targets
from compare.targets import text as targets_table

NAMES = (
    targets.SUBJECT,
    *targets.AUTOGRAD,
    targets.WITHOUT_AUTOGRAD,
    targets.SKLEARN,
)
KINDS = {
    setting: ("training", "floor", "one_image")
    if setting == targets.ONE_IMAGE_SETTING
    else ("training", "floor")
    for setting in targets.SETTINGS
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--rounds",
        type=int,
        default=25,
        metavar="N",
        help="how often each takes its turn (default: 25, about 2 minutes)",
    )
    parser.add_argument(
        "--impl",
        nargs="+",
        default=list(NAMES),
        metavar="NAME",
        help=f"leave some out of {', '.join(NAMES)}",
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
    unknown = [name for name in args.impl if name not in NAMES]
    if unknown:
        raise UsageError(f"--impl must be among {', '.join(NAMES)}, got {unknown[0]}")
    if targets.SUBJECT not in args.impl:
        raise UsageError(f"--impl must contain {targets.SUBJECT}: it is the subject")
    if args.json is not None:
        check_place(args.json)
    stamp = environment.stamp()
    sys.stderr.write(environment.kernel_note(stamp))
    sys.stderr.write("Preparing; compilation may take a minute or two ...\n")
    turns = args.rounds * len(args.impl) * len(targets.SETTINGS)
    with Steps("measuring", turns) as steps:
        rows, finished = blocks.measure(
            args.impl,
            targets.SETTINGS,
            kinds=KINDS,
            n_rounds=args.rounds,
            n_threads=1,
            notify=steps.advance,
        )
    found = targets.outcomes(rows)
    say(
        f"{stamp['processor']}, 1 thread, float32, 784-128-64-10\n"
        f"{targets_table.blas_line(rows)}\n"
        f"{targets_table.target_table(found)}\n"
        f"{targets_table.row_table(rows)}\n"
        f"{targets_table.sentences(rows, found)}"
    )
    if args.json is not None:
        _write(args.json, stamp, rows)
    if not finished:
        sys.stderr.write("Interrupted: the tables show what was done by then.\n")
        return 130
    return 1 if any(outcome.verdict == "missed" for outcome in found) else 0


def _write(path: Path, stamp: dict[str, Any], rows: list[blocks.Row]) -> None:
    content = {"environment": stamp, "rows": [dataclasses.asdict(row) for row in rows]}
    write_text(path, json.dumps(content, indent=1))
