"""`explain --case NAME`: a published comparison that went wrong, done again here."""

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from typing import Any

from compare.errors import UsageError
from compare.explain.cases import CASES
from compare.explain.cases.common import Case, Part
from compare.measure.pool import Pool
from compare.measure.remote import WorkerFailedError
from compare.show.columns import Column, render
from compare.show.terminal import listing, prose
from compare.show.words import say


def run(args: argparse.Namespace) -> int:
    """Tell one case, or list them."""
    if args.case == "list":
        say(listing({name: words for name, (_, words) in CASES.items()}))
        return 0
    if args.case not in CASES:
        raise UsageError(
            f"unknown case {args.case!r}: choose from {', '.join(CASES)}, or list"
        )
    sys.stderr.write("training and timing, about half a minute\n")
    case = _carry_out(args.case)
    if args.json:
        rows = [{"case": args.case} | row for row in case.rows]
        say(json.dumps(rows, indent=1) + "\n")
    else:
        say(f"“{case.claim}”\n")
        say(_part(case.false, "It seems"))
        say(_part(case.mended, "In truth"))
    return 0


def _carry_out(name: str) -> Case:
    """Run the case in a process of its own, which computes with one thread."""
    with Pool(1) as pool:
        _, found = next(pool.run("compare.explain.case_command:job", [{"name": name}]))
    if isinstance(found, WorkerFailedError):
        raise UsageError(f"case {name} could not be done here: {found}")
    return Case(
        found["claim"],
        Part(**found["false"]),
        Part(**found["mended"]),
        tuple(found["rows"]),
    )


def job(*, name: str) -> dict[str, Any]:
    """Return the case as JSON can hold it; called in a process of a `Pool`."""
    case: Case = importlib.import_module(CASES[name][0]).run()
    return asdict(case)


def _part(part: Part, lead: str) -> str:
    columns = [Column(head, right=number > 0) for number, head in enumerate(part.heads)]
    table = render(columns, [list(line) for line in part.lines])
    return f"\n{prose(part.title)}\n\n{table}\n{prose(f'{lead}: {part.conclusion}')}\n"
