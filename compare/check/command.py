"""Is my backpropagation right, and if not, which line is wrong?

Compares an implementation with PyTorch in float64, gate by gate: contract, forward,
loss, every gradient, finite differences, extremes, 1, 10 and 200 steps, a whole epoch
of MNIST. If a gate fails, every mistake of a catalogue is tried: the one that gives the
same wrong numbers is named.

examples:
  python -m compare check my_mlp.py:MyMLP            a class with the contract's methods
  python -m compare check my_functions.py            forward(weights, X) and
                                                     gradients(weights, X, y)
  python -m compare check numpy --optimizer adam     a built-in name
  python -m compare check --exercise 3               write a file with a mistake to find
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from compare import options
from compare.config import HyperParameters
from compare.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is checked, how, and the exercises."""
    parser.add_argument(
        "target",
        nargs="?",
        help="file.py:Name, package.module:Name, file.py with two functions, "
        "or a built-in name",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the report as JSON, nothing else"
    )
    parser.add_argument(
        "--no-diagnosis",
        action="store_true",
        help="say that it is wrong, not why: for exercises",
    )
    parser.add_argument(
        "--no-epoch",
        action="store_true",
        help="leave out the last gate, a whole epoch of MNIST",
    )
    parser.add_argument(
        "--time-limit",
        type=float,
        metavar="SECONDS",
        help="for each call of your code (default: 30; ten times that for an epoch)",
    )
    exercises = parser.add_argument_group("exercises: find the mistake")
    exercises.add_argument(
        "--exercise",
        type=int,
        metavar="N",
        help="write exercise_N.py, a network with one mistake, into this folder",
    )
    exercises.add_argument(
        "--list", action="store_true", help="list the exercises, easy ones first"
    )
    options.add_hyper_parameters(parser)


def run(args: argparse.Namespace) -> int:
    """Check; return 0 if every gate passed, 1 if not."""
    from compare.check.watch import check_in_process

    if args.list or args.exercise is not None:
        return _exercise(args)
    if args.target is None:
        raise UsageError(
            "say what to check: file.py:Name, package.module:Name or a built-in name "
            "(--help shows examples)"
        )
    if args.time_limit is not None and args.time_limit <= 0:
        raise UsageError(f"--time-limit must be > 0 s, got {args.time_limit:g}")
    given = _given(args)
    HyperParameters(**given)  # refuses what is out of range before anything starts
    asked: dict[str, Any] = {
        "hyper_parameters": given,
        "diagnose": not args.no_diagnosis,
        "whole_epoch": not args.no_epoch,
    }
    if args.time_limit is not None:
        asked["time_limit_seconds"] = args.time_limit
    outcome = check_in_process(args.target, asked, _quiet if args.json else _write_now)
    if args.json:
        sys.stdout.write(json.dumps(outcome.report, indent=2, ensure_ascii=False))
        sys.stdout.write("\n")
    return 0 if outcome.passed else 1


def _exercise(args: argparse.Namespace) -> int:
    """List the exercises or write one."""
    from compare.check.exercises import exercises

    if args.target is not None:
        raise UsageError("--exercise and --list take no target: they check nothing")
    if args.list:
        _write_now(exercises.overview())
        return 0
    path = exercises.write(args.exercise, Path.cwd())
    noticed = exercises.find(args.exercise).symptom
    _write_now(
        f"Wrote {path.name}: a network with one mistake.\n"
        f"What was noticed: {noticed}\n\n"
        f"  python -m compare check {path.name}:MyMLP --no-diagnosis\n\n"
        "shows which gates fail; without --no-diagnosis, also why. Mend it, and check "
        "again."
    )
    return 0


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """Return the hyper-parameters that were asked for by hand."""
    names = [field.name for field in dataclasses.fields(HyperParameters)]
    values = {name: getattr(args, name, None) for name in names}
    values["layer_sizes"] = args.layers
    return {name: value for name, value in values.items() if value is not None}


def _write_now(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _quiet(text: str) -> None:
    pass
