"""Train the same network with several implementations and print them side by side.

Same initial weights, same batches, same data. Before anything is timed, one epoch in
float64 shows whether the implementations compute the same thing.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from compare import options, registry
from compare import recipe as recipes
from compare.errors import UsageError
from compare.files import Outputs, check_place
from compare.measure.environment import usable_cores
from compare.record.folders import discard_unless_measured, make_folder
from compare.record.plan import TIME_LIMIT_SECONDS, Plan
from compare.record.results import Results
from compare.report import exports
from compare.show.terminal import prose
from compare.show.words import say
from data import DataError

# Three seeds, because fewer give no verdict.
QUICK: dict[str, Any] = {"seeds": (0, 1, 2), "epochs": 3, "train_samples": 6_000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the comparison."""
    default = recipes.load("default")
    group = parser.add_argument_group("what is compared")
    group.add_argument(
        "--recipe",
        default="default",
        metavar="NAME",
        help=f"a named training: {', '.join(recipes.summaries())}; other options "
        "change parts of it (python -m compare recipes lists them)",
    )
    group.add_argument(
        "--impl",
        nargs="+",
        metavar="NAME",
        help="built in: "
        + ", ".join(registry.ENGINES)
        + "; all: those installed; your own: file.py:Name or package.module:Name "
        "(default: the recipe's, numpy torch sklearn)",
    )
    group.add_argument(
        "--data", default="mnist", metavar="SOURCE", help=options.DATA_HELP
    )
    options.add_transpose(group)
    group.add_argument(
        "--train-samples",
        type=int,
        metavar="N",
        help="train on N images, in proportion to the classes (default: all)",
    )
    group.add_argument(
        "--seeds",
        type=options.seeds,
        metavar="N",
        help="how many seeds, or a list as 0,7,9 "
        f"(default: the recipe's, {len(default.seeds)})",
    )
    group.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help=f"epochs per seed (default: the recipe's, {default.n_epochs})",
    )
    group.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="stop early: after N epochs without a better validation accuracy, test "
        "the weights of the best (default: train to the end)",
    )
    options.add_hyper_parameters(parser, default)
    group = parser.add_argument_group("how it is measured")
    group.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="threads of each implementation (default: 1)",
    )
    group.add_argument(
        "--control",
        action="store_true",
        help="take the first implementation twice: their ratio must contain 1",
    )
    group.add_argument(
        "--time-limit",
        type=float,
        default=TIME_LIMIT_SECONDS,
        metavar="SECONDS",
        help="of a single call; whoever takes longer has failed, and the others go on "
        f"(default: {TIME_LIMIT_SECONDS:g})",
    )
    group.add_argument(
        "--quick",
        action="store_true",
        help="3 seeds, 3 epochs, 6,000 images: a look, not a measurement",
    )
    options.add_out(group)
    group.add_argument(
        "--save-model",
        type=options.place,
        metavar="FILE",
        help="save what the first implementation learns from the first seed "
        "(.safetensors)",
    )
    exports.add_arguments(parser.add_argument_group("the summary in a file"))


def make_plan(args: argparse.Namespace) -> Plan:
    """Return what the options ask for, checked as far as can be without data."""
    options.positive("--epochs", args.epochs)
    options.positive("--patience", args.patience)
    options.positive("--threads", args.threads)
    options.positive("--train-samples", args.train_samples)
    options.at_most("--threads", args.threads, usable_cores(), "the usable cores")
    quick = QUICK if args.quick else {}
    recipe = recipes.load(args.recipe)
    recipe = recipe.with_epochs(args.epochs or quick.get("epochs", recipe.n_epochs))
    names = registry.chosen(args.impl or recipe.implementations)
    samples = args.train_samples or quick.get("train_samples", recipe.train_samples)
    return Plan(
        recipe=recipe.name,
        implementations=tuple(names),
        control=args.control,
        hyper_parameters=options.hyper_parameters(args, recipe.hyper_parameters),
        data=args.data,
        transpose=args.transpose,
        seeds=args.seeds or quick.get("seeds", recipe.seeds),
        n_epochs=recipe.n_epochs,
        n_threads=args.threads,
        init=args.init or recipe.init,
        train_samples=samples,
        augmentation=recipe.augmentation,
        patience=args.patience or recipe.patience,
        time_limit_seconds=args.time_limit,
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the comparison; return the exit code."""
    from compare.measure import comparison
    from compare.record import judging, model_file
    from compare.report import live, notes, outputs, text

    plan = make_plan(args)
    if args.save_model is not None:
        model_file.require_suffix(args.save_model)
        check_place(args.save_model)
    wanted = exports.asked(args)
    if args.save_model in wanted:
        raise UsageError(f"--save-model writes {args.save_model}: export elsewhere")
    exports.check([*wanted], args.out)
    folder, kept = make_folder(args.out), Outputs()
    try:
        # What nobody typed follows the data: classes, and the images of --quick.
        plan, dataset = comparison.prepare(
            plan, fit_layers=args.layers is None, fit_samples=args.train_samples is None
        )
        say(prose(text.heading(plan)))
        results = live.measure(plan, folder, args.save_model, dataset, kept)
    except (UsageError, DataError, KeyboardInterrupt):
        discard_unless_measured(folder)
        raise
    found = judging.judge(results)
    say(text.tables(found))
    say(notes.render(found))
    outputs.write(found, folder, kept)
    exports.write(found, wanted, kept)
    say(prose(f"\n{kept.sentence(folder)}\n{exports.written_line(wanted, kept)}"))
    if args.save_model is not None:
        say(prose(model_line(results, args.save_model, kept)))
    kept.complain()
    if not results.finished:
        sys.stderr.write("Interrupted: the tables show what was done by then.\n")
        return 130
    complete = [run.status == "complete" for run in results.runs]
    return 0 if complete and all(complete) and not kept.failures else 1


def model_line(results: Results, path: Path, kept: Outputs) -> str:
    """Say whose network `--save-model` has kept, if any."""
    complete = [run for run in results.runs if run.status == "complete"]
    if not complete:
        return f"No training was completed: {path} was not written.\n"
    if path not in kept.written:
        return f"{path} was not written.\n"
    run = complete[0]
    return f"The network of {run.implementation}, seed {run.seed}, is in {path}\n"
