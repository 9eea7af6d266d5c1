"""List the named trainings, or run them and print reported against measured accuracy.

Without an option, the list. With --run, each recipe is carried out as
`python -m compare --recipe NAME` would, and one table shows what others report for the
same network beside what is measured here.
"""

import argparse
import sys
from pathlib import Path

from compare import options
from compare import recipe as recipes
from compare.files import Outputs
from compare.measure.environment import usable_cores
from compare.recipe import Recipe
from compare.record.folders import make_folder
from compare.record.plan import Plan
from compare.show.terminal import listing
from compare.show.words import say

# They take a quarter of an hour to hours: run when they are asked for by name.
LONG = ("best", "cnn-best")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--run",
        nargs="*",
        metavar="NAME",
        help=f"run these recipes (default: all but {', '.join(LONG)})",
    )
    parser.add_argument(
        "--data", default="mnist", metavar="SOURCE", help=options.DATA_HELP
    )
    parser.add_argument(
        "--seeds", type=options.seeds, metavar="N", help="instead of the recipe's"
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="(default: 1)"
    )
    parser.add_argument(
        "--out",
        type=options.place,
        default=Path("results") / "recipes",
        metavar="DIR",
        help="one folder for each recipe goes here (default: results/recipes)",
    )


def run(args: argparse.Namespace) -> int:
    """List or run; return the exit code."""
    if args.run is None:
        say(listing(recipes.summaries()))
        return 0
    options.positive("--threads", args.threads)
    options.at_most("--threads", args.threads, usable_cores(), "the usable cores")
    names = args.run or [n for n in recipes.summaries() if n not in LONG]
    chosen = [recipes.load(name) for name in names]
    return _run_all(chosen, args)


def _run_all(chosen: list[Recipe], args: argparse.Namespace) -> int:
    from compare.measure import comparison
    from compare.recipes import text as recipe_table
    from compare.record import judging
    from compare.report import outputs

    measured, kept = [], Outputs()
    folders = [make_folder(args.out / recipe.name) for recipe in chosen]
    for recipe, folder in zip(chosen, folders, strict=True):
        sys.stderr.write(f"{recipe.name}: {recipe.summary}\n")
        plan, dataset = comparison.prepare(
            plan_of(recipe, args), fit_layers=True, fit_samples=True
        )
        results = comparison.new_results(plan, dataset, command=sys.argv[1:])
        finished = comparison.carry_out(results, dataset, folder, outputs=kept)
        outputs.write(judging.judge(results), folder, kept)
        measured.append((recipe, results))
        if not finished:
            break
    sys.stdout.write(recipe_table.render(measured))
    kept.complain()
    if any(not results.finished for _, results in measured):
        return 130
    reached = all(recipe_table.reached(*pair) for pair in measured)
    return 0 if reached and not kept.failures else 1


def plan_of(recipe: Recipe, args: argparse.Namespace) -> Plan:
    """Return the plan of a recipe as it stands, but for the options given."""
    return Plan(
        recipe=recipe.name,
        implementations=recipe.implementations,
        hyper_parameters=recipe.hyper_parameters,
        data=args.data,
        seeds=args.seeds or recipe.seeds,
        n_epochs=recipe.n_epochs,
        n_threads=args.threads,
        init=recipe.init,
        train_samples=recipe.train_samples,
        augmentation=recipe.augmentation,
        patience=recipe.patience,
    )
