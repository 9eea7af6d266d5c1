"""Is my backpropagation right, and if not, which line is wrong?

Compares an implementation with PyTorch in float64, gate by gate: contract, forward,
loss, every gradient, finite differences, extremes, 1, 10 and 200 steps, a whole epoch
of MNIST. If a gate fails, the first of your own lines that goes wrong is shown, and
every mistake of a catalogue is tried: the one that gives the same wrong numbers is
named.

examples:
  python -m compare check my_mlp.py:MyMLP            a class with the contract's methods
  python -m compare check my_functions.py            forward(weights, X) and
                                                     gradients(weights, X, y)
  python -m compare check numpy --optimizer adam     a built-in name
  python -m compare check my_mlp.py --lines          what each of your lines computes
  python -m compare check my_cnn.py --layers 784-64-10 --conv 8x5-16x5
                                                     convolutions before dense layers
  python -m compare check homework/ --csv marks.csv  a whole class of students
  python -m compare check --exercise 3               write a file with a mistake to find
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from compare import options
from compare.check.marking.submissions import Submission
from compare.config import HyperParameters
from compare.errors import UsageError
from compare.escape import printable
from compare.files import Outputs, check_place
from compare.measure.scratch import full_disk_in_words, scratch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is checked, how, and the exercises."""
    parser.add_argument(
        "target",
        nargs="*",
        help="file.py:Name, package.module:Name, file.py with two functions, "
        "a notebook, or a built-in name; several, or a folder: a whole class",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the report as JSON, nothing else"
    )
    parser.add_argument(
        "--hint",
        type=int,
        choices=(1, 2, 3),
        default=3,
        help="tell only: 1 which gates fail, 2 also the line, 3 also the mistake "
        "(default)",
    )
    parser.add_argument(
        "--no-diagnosis", action="store_true", help="the same as --hint 1"
    )
    parser.add_argument(
        "--lines",
        action="store_true",
        help="show what every line of your file computes, not those around the "
        "mistake only",
    )
    parser.add_argument(
        "--ruled-out",
        action="store_true",
        help="where the mistake is unknown, list all those that it is not",
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
    marks = parser.add_argument_group("a whole class of students")
    marks.add_argument(
        "--csv", type=options.place, metavar="FILE", help="write a row for each file"
    )
    marks.add_argument(
        "--gradescope",
        type=options.place,
        metavar="FILE",
        help="write the results of one file for Gradescope: a test for each gate",
    )
    marks.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="check so many files at a time (default: as many as there are cores)",
    )
    exercises = parser.add_argument_group("exercises: find the mistake")
    exercises.add_argument(
        "--exercise",
        type=int,
        metavar="N",
        help="write exercise_N.py, a network with one mistake, into this folder",
    )
    exercises.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help="write a variant of the exercise: other names, the same kind of mistake",
    )
    exercises.add_argument(
        "--list", action="store_true", help="list the exercises, easy ones first"
    )
    options.add_hyper_parameters(parser)


def run(args: argparse.Namespace) -> int:
    """Check; return 0 if every gate passed, 1 if not."""
    from compare.check.marking.submissions import is_many, submissions

    if args.list or args.exercise is not None:
        return _exercise(args)
    if args.seed is not None:
        raise UsageError("--seed goes with --exercise N: it chooses a variant")
    if not args.target:
        raise UsageError(
            "say what to check: file.py:Name, package.module:Name or a built-in name "
            "(--help shows examples)"
        )
    _refuse_nonsense(args, is_many(args.target))
    given = _given(args)
    # What is out of range is refused before anything starts.
    HyperParameters(**given)
    asked: dict[str, Any] = {
        "hyper_parameters": given,
        "hint": 1 if args.no_diagnosis else args.hint,
        "whole_lines": args.lines,
        "whole_epoch": not args.no_epoch,
        "ruled_out": args.ruled_out,
    }
    if args.time_limit is not None:
        asked["time_limit_seconds"] = args.time_limit
    with scratch() as workplace:
        with full_disk_in_words():
            found = submissions(args.target, str(workplace))
        if is_many(args.target):
            return _class(args, found, asked)
        return _one(args, found[0], asked)


def _refuse_nonsense(args: argparse.Namespace, is_class: bool) -> None:
    if args.time_limit is not None and args.time_limit <= 0:
        raise UsageError(f"--time-limit must be > 0 s, got {args.time_limit:g}")
    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs must be >= 1, got {args.jobs}")
    if args.gradescope and is_class:
        raise UsageError(
            "--gradescope writes the results of one file: give one, as the autograder "
            "does"
        )
    if args.csv and args.csv == args.gradescope:
        raise UsageError(f"--csv and --gradescope both write {args.csv}: name two")
    for place in filter(None, (args.csv, args.gradescope)):
        check_place(place)


def _one(args: argparse.Namespace, one: Submission, asked: dict[str, Any]) -> int:
    """Check one thing, and tell of it as it happens."""
    from compare.check.marking import files
    from compare.check.marking.marks import Mark
    from compare.check.watch import check_in_process, report_of_failure

    write = _quiet if args.json else _write_now
    names = asked | {"label": one.label, "folder": one.folder}
    failure: UsageError | None = None
    try:
        report = check_in_process(one.target, names, write).report
    except UsageError as error:
        report, failure = report_of_failure(one.label, str(error)), error
    if args.json:
        _write_json(report)
    outputs, mark = Outputs(), Mark(one.label, report)
    if args.csv:
        outputs.attempt(lambda: files.write_csv(args.csv, [mark]))
    if args.gradescope:
        outputs.attempt(lambda: files.write_gradescope(args.gradescope, mark))
    outputs.complain()
    if failure is not None:
        raise failure
    return 0 if report["passed"] and not outputs.failures else 1


def _class(
    args: argparse.Namespace, found: list[Submission], asked: dict[str, Any]
) -> int:
    """Check many files side by side, and tell of all in a table."""
    from compare.check.lines.text import width_at_hand
    from compare.check.marking import files
    from compare.check.marking.marks import Mark, mark_all
    from compare.check.marking.summary import remark, table

    hint = asked["hint"]

    def tell(n_done: int, mark: Mark) -> None:
        said = "passes" if mark.passed else remark(mark, hint)
        sys.stderr.write(f"{n_done} of {len(found)}: {printable(mark.label)}: {said}\n")
        sys.stderr.flush()

    marks: list[Mark] = []
    outputs = Outputs()
    try:
        for mark in mark_all(found, asked, tell, args.jobs):
            marks.append(mark)  # noqa: PERF402  # what is done counts if it is cut short
    finally:
        if marks and args.csv:
            outputs.attempt(lambda: files.write_csv(args.csv, marks))
        if marks and args.json:
            _write_json([mark.report for mark in marks])
        elif marks:
            _write_now("\n".join(table(marks, width_at_hand(), hint)))
        outputs.complain()
    passed = all(mark.passed for mark in marks)
    return 0 if passed and not outputs.failures else 1


def _exercise(args: argparse.Namespace) -> int:
    """List the exercises or write one."""
    from compare.check.exercises import exercises

    if args.target:
        raise UsageError("--exercise and --list take no target: they check nothing")
    if args.list and args.seed is not None:
        raise UsageError("--seed goes with --exercise N: it chooses a variant")
    if args.list:
        _write_now(exercises.overview())
        return 0
    path = exercises.write(args.exercise, Path.cwd(), args.seed)
    noticed = exercises.find(args.exercise).symptom
    _write_now(
        f"Wrote {path.name}: a network with one mistake.\n"
        f"What was noticed: {noticed}\n\n"
        f"  python -m compare check {path.name}:MyMLP --hint 1\n\n"
        "shows which gates fail; --hint 2 also shows the line, --hint 3 the mistake. "
        "Mend it, and check again."
    )
    return 0


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """Return the hyper-parameters that were asked for by hand."""
    names = [field.name for field in dataclasses.fields(HyperParameters)]
    values = {name: getattr(args, name, None) for name in names}
    values["layer_sizes"] = args.layers
    return {name: value for name, value in values.items() if value is not None}


def _write_json(value: Any) -> None:
    _write_now(json.dumps(value, indent=2, ensure_ascii=False))


def _write_now(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _quiet(text: str) -> None:
    pass
