"""Look at the data before training on it: classes, pixels, scaling, split.

Tables go to standard output, figures into a folder: the share of each class, sample
images, the mean image of each class, and where the ink is.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from compare import options
from compare.files import Outputs
from compare.record.folders import make_folder
from compare.show.columns import Column, render
from compare.show.terminal import bullets

if TYPE_CHECKING:
    from compare.explore.counts import Exploration
    from data import Dataset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m compare explore`."""
    parser.add_argument(
        "--data", default="mnist", metavar="SOURCE", help=options.DATA_HELP
    )
    options.add_transpose(parser)
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the split (default: 0)"
    )
    options.add_out(
        parser, "where figures are written (default: results/explore-<time stamp>)"
    )
    parser.add_argument("--no-figures", action="store_true", help="tables only")
    parser.epilog = (
        "examples:\n"
        "  python -m compare explore\n"
        "  python -m compare explore --data fashion-mnist --out fashion\n"
        "  python -m compare explore --data train.csv --no-figures"
    )


def run(args: argparse.Namespace) -> int:
    """Print the tables and draw the figures."""
    import data
    from compare.explore import counts as exploration

    folder, outputs = None, Outputs()
    if not args.no_figures:
        folder = make_folder(args.out, None, name="explore-{}")
    dataset = data.load(args.data, seed=args.seed, transpose=args.transpose)
    found = exploration.explore(dataset)
    sys.stdout.write(report(dataset, found))
    sys.stdout.flush()
    if folder is not None:
        from compare.explore import figures as explore
        from compare.show import figure_style as style

        with style.styled():
            outputs.attempt(lambda: explore.write(dataset, found, folder))
        sys.stdout.write(f"\n{outputs.sentence(folder)}\n")
        outputs.complain()
    return 1 if outputs.failures else 0


def report(dataset: Dataset, found: Exploration) -> str:
    """Return everything that is printed."""
    total = int(found.counts.sum())
    return "\n".join(
        [
            f"{dataset.source}: {total:,} images of 28 x 28 pixels, "
            f"{len(dataset.class_names)} classes\nsha256 {dataset.sha256}\n",
            split_table(dataset, found),
            pixel_table(found),
            remarks(dataset, found),
        ]
    )


def split_table(dataset: Dataset, found: Exploration) -> str:
    """Return the images per class and part."""
    columns = [
        Column("class"),
        Column("training", "images", right=True),
        Column("validation", "images", right=True),
        Column("test", "images", right=True),
        Column("training", "%", right=True),
        Column("validation", "%", right=True),
        Column("test", "%", right=True),
    ]
    sums = found.counts.sum(axis=1)
    rows = [
        [name, *(f"{n:,}" for n in counts), *(f"{s:.2f}" for s in 100 * counts / sums)]
        for name, counts in zip(dataset.class_names, found.counts.T, strict=True)
    ]
    rows.append(["all", *(f"{n:,}" for n in sums), *["100.00"] * 3])
    return render(columns, rows)


def pixel_table(found: Exploration) -> str:
    """Return what scaling did."""
    columns = [
        Column("pixels of the training images"),
        Column("smallest", right=True),
        Column("largest", right=True),
        Column("mean", right=True),
        Column("sd", right=True),
    ]
    rows = [
        [name, *(f"{v:.{digits}f}" for v in (s.smallest, s.largest, s.mean, s.sd))]
        for name, s, digits in (
            ("as found", found.found, 2),
            ("scaled: x = pixel / 255", found.scaled, 4),
        )
    ]
    return render(columns, rows)


def remarks(dataset: Dataset, found: Exploration) -> str:
    """Return what the numbers mean, a sentence each."""
    repeated = (
        "no test image is also a training or validation image"
        if found.n_repeated == 0
        else f"{found.n_repeated:,} test images are training or validation images too: "
        "accuracy on them shows memory"
    )
    commonest = dataset.class_names[int(found.counts[0].argmax())]
    lines = [
        f"{100 * found.zero_fraction:.1f} % of the pixels are 0, "
        f"{100 * found.full_fraction:.1f} % are 255; "
        f"{found.n_constant_pixels} of {len(found.deviations)} pixels are "
        "alike in all training images",
        repeated,
        f"to beat: {100 * found.commonest_accuracy:.2f} % of the test images are right "
        f"by always saying {commonest}, {100 * found.nearest_mean_accuracy:.2f} % by "
        "naming the nearest mean image",
    ]
    return bullets((*dataset.notes, *lines))
