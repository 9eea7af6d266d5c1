"""Split a training step into gather, forward, backward, update and the rest.

Beside it stands the GEMM floor: the matrix products alone, on the same BLAS, which no
implementation can beat. Instruments wrap the implementations from outside and only in
steps of their own; the step that the ratios are made from runs without them.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from compare import options, registry
from compare.config import HyperParameters
from compare.errors import UsageError
from compare.files import Outputs, write_text
from compare.measure import blocks, environment
from compare.profile import text as time_split_table
from compare.profile import time_split
from compare.profile.time_split import FILE_NAME
from compare.record.folders import make_folder
from compare.show.progress import Steps
from compare.show.terminal import bullets, prose
from compare.show.words import count, say

DEFAULT_IMPLEMENTATIONS = ["numpy", "textbook", "torch", "torch-fused", "sklearn"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--impl",
        nargs="+",
        default=DEFAULT_IMPLEMENTATIONS,
        metavar="NAME",
        help=f"(default: {' '.join(DEFAULT_IMPLEMENTATIONS)})",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=20,
        metavar="N",
        help="how often each takes its turn (default: 20, about a minute)",
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="(default: 1)"
    )
    options.add_out(
        parser,
        "where profile.json and the figure are written; in the folder of a run, "
        "its report shows them too (default: results/<time stamp>)",
    )
    options.add_hyper_parameters(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print, draw; return the exit code."""
    options.positive("--rounds", args.rounds)
    options.positive("--threads", args.threads)
    names = list(dict.fromkeys(registry.chosen(args.impl)))
    if args.init:
        raise UsageError("--init has no meaning here: it does not change the speed")
    hp = options.hyper_parameters(args)
    folder = make_folder(args.out, FILE_NAME)
    stamp = environment.stamp()
    sys.stderr.write(environment.kernel_note(stamp))
    with Steps("profiling", args.rounds * len(names)) as steps:
        rows, finished = blocks.measure(
            names,
            {time_split.SETTING: hp},
            kinds={time_split.SETTING: time_split.KINDS},
            n_rounds=args.rounds,
            n_threads=args.threads,
            notify=steps.advance,
        )
    content = {
        "environment": stamp,
        "hyper_parameters": hp.to_dict(),
        "n_threads": args.threads,
        "rows": [dataclasses.asdict(row) for row in rows],
    }
    outputs = Outputs()
    outputs.attempt(
        lambda: write_text(folder / FILE_NAME, json.dumps(content, indent=1))
    )
    _report(rows, hp, args, folder, outputs)
    outputs.complain()
    if not finished:
        sys.stderr.write("Interrupted: the table shows what was done by then.\n")
        return 130
    measured = any(row.seconds for row in rows)
    return 0 if measured and not outputs.failures else 1


def _report(
    rows: list[blocks.Row],
    hp: HyperParameters,
    args: argparse.Namespace,
    folder: Path,
    outputs: Outputs,
) -> None:
    found = time_split.splits(rows)
    setting = (
        f"{hp.architecture}, batches of {hp.batch_size}, "
        f"{hp.optimizer}, {hp.dtype}, {count(args.threads, 'thread')}"
    )
    if found:
        say(prose(f"{time_split_table.headline(found)}\n"))
    say(prose(f"{setting}\n\n"))
    say(f"{time_split_table.table(rows, found)}\n")
    say(bullets(time_split_table.notes(found, hp.architecture)))
    from compare.profile import figures as figure

    outputs.attempt(
        lambda: figure.write(found, f"One training step: {setting}", folder)
    )
    say(f"\n{outputs.sentence(folder)}\n")
