"""When does the framework win? Sweep batch size, width, depth and threads.

One axis varies at a time, the rest is as in the main comparison; training and
predicting are both measured. The first implementation is compared with the fastest
other at every value. Keeps to a budget of time: a smaller one means fewer rounds.
"""

import argparse
import contextlib
import dataclasses
import functools
import json
import sys
from pathlib import Path
from typing import Any

from compare import options, registry
from compare.config import LEARNING_RATES, HyperParameters
from compare.errors import UsageError
from compare.escape import printable
from compare.files import Outputs, write_text
from compare.measure import environment
from compare.record.folders import make_folder
from compare.record.plan import short
from compare.scaling import axes as sweep
from compare.scaling import measure, winners
from compare.scaling import text as scaling_text
from compare.scaling.axes import Point
from compare.scaling.measure import KINDS, Series, Sweep
from compare.show.terminal import bullets, prose
from compare.show.words import say

# One of each kind, by hand and by framework, of what is installed. The others are
# variants of these, or compile anew for every network.
DEFAULT_IMPLEMENTATIONS = (
    "numpy",
    "numpy-skip",
    "numba",
    "numba-skip",
    "torch",
    "torch-lean",
    "sklearn",
    "jax",
    "keras",
)
FILE_NAME = "scaling.json"
CLOCKS = {"wall": "seconds", "processor": "cpu_seconds"}
# What is kept of the budget for statistics and figures.
RESERVE = 0.07


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--impl",
        nargs="+",
        metavar="NAME",
        help="the first is compared with the fastest of the others (default: what is "
        f"installed of {' '.join(DEFAULT_IMPLEMENTATIONS)}, and of the engines for a "
        "GPU; all: every engine installed)",
    )
    parser.add_argument(
        "--axes",
        nargs="+",
        choices=sweep.AXES,
        default=list(sweep.AXES),
        help="(default: all)",
    )
    parser.add_argument(
        "--budget",
        type=options.seconds,
        default=240.0,
        metavar="TIME",
        help="such as 90s or 5m (default: 4m)",
    )
    parser.add_argument(
        "--batch-size", type=int, metavar="B", help="off the batch axis (default: 64)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="off the axis of the threads (default: 1)",
    )
    parser.add_argument(
        "--optimizer", choices=("sgd", "adam"), default="sgd", help="(default: sgd)"
    )
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="processor: only the time in which the process had a core, for a machine "
        "with other work; not for several threads (default: wall)",
    )
    options.add_out(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print, draw; return the exit code."""
    names = _names(args)
    options.positive("--batch-size", args.batch_size)
    options.positive("--threads", args.threads)
    n_cores = environment.usable_cores()
    options.at_most("--threads", args.threads, n_cores, "the usable cores")
    _check_clock(args, names)
    base = HyperParameters(
        batch_size=args.batch_size or 64,
        optimizer=args.optimizer,
        learning_rate=LEARNING_RATES[args.optimizer],
    )
    chosen = list(dict.fromkeys(args.axes))
    axes = sweep.axes(chosen, base, n_cores, args.threads)
    folder = make_folder(args.out)
    points = [point for values in axes.values() for point in values.values()]
    one = Sweep(
        names,
        points,
        budget_seconds=args.budget * (1 - RESERVE),
        clock=CLOCKS[args.clock],
    )
    stamp = environment.stamp()
    sys.stderr.write(environment.kernel_note(stamp))

    def write() -> None:
        content = _content(one, axes, names, stamp)
        write_text(folder / FILE_NAME, json.dumps(content))

    def save() -> None:
        with contextlib.suppress(UsageError):  # there may be room at the end
            write()
        left = max(0.0, one.seconds_left)
        sys.stderr.write(f"round {one.n_rounds}, {left:.0f} s left\n")

    finished = one.run(save)
    outputs = Outputs()
    outputs.attempt(write)
    measured = any(_has_times(series) for series in one.series.values())
    if measured:
        _report(one, axes, names, args, folder, outputs)
    outputs.complain()
    if not finished:
        shown = "the tables show what was done by then" if measured else "no time yet"
        sys.stderr.write(f"Interrupted: {shown}.\n")
        return 130
    if not measured:
        sys.stderr.write(
            f"error: nothing could be measured: {printable(_reasons(one))}\n"
        )
    return 0 if measured and not outputs.failures else 1


def _check_clock(args: argparse.Namespace, names: list[str]) -> None:
    """Refuse the processor's clock where it would not say how long one has to wait."""
    if args.clock != "processor":
        return
    if args.axes == list(sweep.AXES):
        args.axes = [axis for axis in sweep.AXES if axis != "threads"]
    on_gpu = any(registry.device_of(name) == "gpu" for name in names)
    if "threads" in args.axes or args.threads > 1 or on_gpu:
        raise UsageError(
            "--clock processor adds up all threads and sees no GPU: leave out the "
            "axis threads, --threads and engines on a GPU"
        )


def _has_times(series: Series) -> bool:
    return any(t is not None for kind in KINDS for t in getattr(series, kind))


def _reasons(one: Sweep) -> str:
    """Return why nobody has times: the first reason of each."""
    found: dict[str, str] = {}
    for series in one.series.values():
        reason = series.reason or "not done within the budget"
        found.setdefault(series.name, f"{short(series.name)}: {reason}")
    return "; ".join(found.values())


def _default() -> list[str]:
    here = registry.installed()
    on_gpu = [name for name in here if registry.device_of(name) == "gpu"]
    return [*(name for name in DEFAULT_IMPLEMENTATIONS if name in here), *on_gpu]


def _names(args: argparse.Namespace) -> list[str]:
    names = list(dict.fromkeys(registry.chosen(args.impl or _default())))
    if len(names) < 2:
        raise UsageError(
            f"--impl needs at least two implementations to compare, got {names[0]}"
        )
    return names


Axes = dict[str, dict[int, Point]]


def _report(
    one: Sweep,
    axes: Axes,
    names: list[str],
    args: argparse.Namespace,
    folder: Path,
    outputs: Outputs,
) -> None:
    found = {
        kind: {
            axis: winners.places(one.series, values, kind, names)
            for axis, values in axes.items()
        }
        for kind in KINDS
    }
    changes = {
        kind: {
            axis: winners.crossings(axis, places, names[0])
            for axis, places in by_axis.items()
        }
        for kind, by_axis in found.items()
    }
    if len(names) > 2:
        for kind in KINDS:
            for axis in axes:
                places = found[kind][axis]
                said = scaling_text.fastest(kind, axis, places, len(names))
                say(prose(f"{said}\n"))
        say("\n")
    for kind in KINDS:
        for axis in axes:
            sentence = scaling_text.sentence(
                kind, axis, found[kind][axis], changes[kind][axis], names[0]
            )
            say(prose(f"{sentence}\n"))
    for kind in KINDS:
        for axis, values in axes.items():
            table = scaling_text.map_table(
                axis, kind, values, one.series, found[kind][axis], names
            )
            say(f"\n{table}")
    say("\n")
    notes = scaling_text.notes(
        one.n_rounds, names, args.clock, one.kernels, args.threads
    )
    say(bullets(notes))
    from compare.scaling import figures as figure

    outputs.attempt(lambda: _csv(one, axes, folder))
    for kind in KINDS:
        outputs.attempt(
            functools.partial(
                figure.write, kind, found[kind], changes[kind], names, folder
            )
        )
    say(f"\n{outputs.sentence(folder)}\n")


def _content(
    one: Sweep, axes: Axes, names: list[str], stamp: dict[str, Any]
) -> dict[str, Any]:
    return {
        "environment": stamp,
        "implementations": names,
        "block_seconds": measure.BLOCK_SECONDS,
        "n_rounds": one.n_rounds,
        "kernels": one.kernels,
        "axes": {
            axis: {str(value): point.key for value, point in values.items()}
            for axis, values in axes.items()
        },
        "unit": "seconds per image",
        "series": [dataclasses.asdict(series) for series in one.series.values()],
    }


def _csv(one: Sweep, axes: Axes, folder: Path) -> str:
    """Write every block as a row of `scaling.csv`."""
    import pandas as pd

    rows = [
        {
            "axis": axis,
            "value": value,
            "kind": kind,
            "implementation": series.name,
            "round": number,
            "seconds_per_image": time,
        }
        for axis, values in axes.items()
        for value, point in values.items()
        for series in one.series.values()
        if series.key == point.key
        for kind in KINDS
        for number, time in enumerate(getattr(series, kind))
        if time is not None
    ]
    write_text(folder / "scaling.csv", pd.DataFrame(rows).to_csv(index=False))
    return "scaling.csv"
