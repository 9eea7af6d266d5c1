"""Train many networks: a grid or a sample of settings, for engines and seeds.

A study is a TOML file, or the name of one that ships. Each training is kept in a file
of its own as soon as it ends: a second call does only what is missing, and the results
of several machines are merged by copying their files together. Accuracy only:
trainings that run beside one another are no measurement of time.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare import options
from compare.errors import UsageError
from compare.files import Outputs, write_atomically, write_text
from compare.measure.environment import usable_cores
from compare.record.folders import make_folder
from compare.show.terminal import listing
from compare.show.words import say

if TYPE_CHECKING:
    import pandas as pd

    from compare.sweep.schedule import Job
    from compare.sweep.store import Kept
    from compare.sweep.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the study and where it runs."""
    parser.add_argument(
        "study",
        nargs="?",
        metavar="STUDY",
        help="a .toml file, or the name of a study that ships (default: list them)",
    )
    options.add_out(
        parser, "where trainings are kept and looked for (default: results/sweep-NAME)"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="processes of one thread each (default: the usable cores)",
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run on a Dask cluster instead, as tcp://scheduler:8786",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be trained"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one row per training, nothing else"
    )
    parser.epilog = (
        "examples:\n"
        "  python -m compare sweep\n"
        "  python -m compare sweep learning-rate --jobs 2\n"
        "  python -m compare sweep my-study.toml --out results/mine --json\n"
        "  python -m compare sweep best --cluster tcp://10.0.0.5:8786"
    )


def run(args: argparse.Namespace) -> int:
    """List, or train what is missing and show all; return the exit code."""
    from compare.sweep import schedule, store, study, text

    if args.study is None:
        say(listing(study.names()))
        return 0
    options.positive("--jobs", args.jobs)
    chosen = study.find(args.study)
    folder = args.out or Path("results") / f"sweep-{chosen.name}"
    if not args.dry_run:
        make_folder(folder, None)
    jobs = schedule.jobs(chosen.trainings())
    kept = store.Kept(folder)
    missing = [job for job in jobs if not kept.is_done(job.key)]
    if not args.json:
        say(text.heading(chosen, len(jobs), len(missing)))
    if args.dry_run:
        return 0
    finished, outputs = _train(missing, kept, args), Outputs()
    records = kept.of_jobs({job.key: job.training.point for job in jobs})
    try:
        kept.write_rest()
    except UsageError as error:
        outputs.failures.append(str(error))
    frame = store.frame(records)
    if args.json:
        say(
            json.dumps(
                frame.astype(object).where(frame.notna(), None).to_dict("records")
            )
        )
        say("\n")
    elif records:
        _show(chosen, frame, kept, outputs)
    outputs.complain()
    if not finished:
        sys.stderr.write(
            "Interrupted: what is done is kept; the same command goes on.\n"
        )
        return 130
    failed = any(record["status"] == "failed" for record in records)
    return 1 if failed or outputs.failures else 0


def _train(missing: "list[Job]", kept: "Kept", args: argparse.Namespace) -> bool:
    from compare.show.progress import Steps
    from compare.sweep import schedule

    if not missing:
        return True
    with Steps("trainings", len(missing)) as steps:
        return schedule.carry_out(
            missing,
            kept,
            n_jobs=args.jobs or usable_cores(),
            cluster=args.cluster,
            advance=lambda record: steps.advance(news=kept.news),
        )


def _show(
    chosen: "Study", frame: "pd.DataFrame", kept: "Kept", outputs: Outputs
) -> None:
    """Print the table; write the rows, the figures and the page."""
    from compare.sweep import figures, page, summary, text

    folder, varied = kept.folder, list(chosen.vary)
    best = summary.best(frame, varied)
    say(f"\n{text.best_table(best)}\n{text.sentences(frame, best)}")
    rows = frame.sort_values(["engine", *varied, "seed"], key=_as_text)
    for write in (
        lambda: write_text(folder / "trainings.csv", rows.to_csv(index=False)),
        lambda: _parquet(rows, folder),
        lambda: figures.write(chosen, frame, folder),
        lambda: page.write(chosen, frame, best, folder),
    ):
        outputs.attempt(write)
    alone = "" if kept.news else "; each training by itself in trainings/"
    say(f"\n{outputs.sentence(folder)}{alone}\n")


def _as_text(column: Any) -> Any:
    # Settings may be numbers or names: each column is sorted by its own kind.
    return column if column.dtype.kind in "iuf" else column.astype(str)


def _parquet(frame: "pd.DataFrame", folder: Path) -> None:
    """Write trainings.parquet, if the package for it is installed."""
    with contextlib.suppress(ImportError):
        content = frame.to_parquet(None, index=False)
        write_atomically(folder / "trainings.parquet", content)
