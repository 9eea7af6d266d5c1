"""Run a stored comparison again and say whether the results agree.

Predictions must be the same, image by image, where machine, versions and code are the
same; elsewhere accuracy must agree within chance. Speed ratios must agree within their
intervals. Exit code 0 if everything judged agrees, 1 if something differs.
"""

import argparse
import dataclasses
import sys

from compare import options
from compare.errors import UsageError
from compare.files import Outputs
from compare.record import results as stored_results
from compare.record.folders import discard_unless_measured, make_folder
from compare.record.plan import Plan
from compare.record.results import Results
from compare.show.terminal import prose
from compare.show.words import say
from data import DataError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder and what is repeated."""
    parser.add_argument(
        "folder",
        type=options.place,
        metavar="DIR",
        help="a folder that a run has written: results/<time stamp>",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="repeat the first seed only: predictions are judged, speed hardly",
    )
    options.add_out(
        parser, "where the new results are written (default: results/<time stamp>)"
    )
    parser.epilog = (
        "examples:\n"
        "  python -m compare verify results/2026-01-31_12-00-00\n"
        "  python -m compare verify results/2026-01-31_12-00-00 --quick"
    )


def make_plan(stored: Results, *, quick: bool) -> Plan:
    """Return the stored plan, with the seeds that have something to compare with."""
    seeds = [
        seed
        for seed in stored.plan.seeds
        if any(run.seed == seed for run in stored.complete_runs())
    ]
    if not seeds:
        raise UsageError("no run of these results was completed: nothing to verify")
    return dataclasses.replace(stored.plan, seeds=tuple(seeds[:1] if quick else seeds))


def check_data(plan: Plan, stored: Results) -> None:
    """Raise UsageError unless the data are those of the stored results."""
    from compare.measure import comparison

    sha256 = comparison.load(plan).sha256
    if sha256 != stored.data["sha256"]:
        raise UsageError(
            f"{plan.data} is not the data of the stored results: its SHA-256 is "
            f"{sha256}, not {stored.data['sha256']}"
        )


def run(args: argparse.Namespace) -> int:
    """Repeat, compare, print; return the exit code."""
    from compare.report import live, text
    from compare.verify import text as verification_table
    from compare.verify import verification

    stored = stored_results.read(args.folder)
    plan = make_plan(stored, quick=args.quick)
    folder, outputs = make_folder(args.out), Outputs()
    say(prose(text.heading(plan)))
    try:
        check_data(plan, stored)
        now = live.measure(plan, folder, outputs=outputs)
    except (UsageError, DataError, KeyboardInterrupt):
        discard_unless_measured(folder)
        raise
    findings = verification.judge(stored, now)
    changed = verification.changes(stored, now)
    say(f"\n{verification_table.render(findings)}")
    say(prose(f"{verification_table.sentence(findings, changed)}\n"))
    say(f"\n{outputs.sentence(folder)}\n")
    outputs.complain()
    if not now.finished:
        sys.stderr.write("Interrupted: the table shows what was done by then.\n")
        return 130
    differs = any(f.judgement == "differs" for f in findings)
    return 1 if differs or outputs.failures else 0
