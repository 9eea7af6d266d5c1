"""How NumPy and PyTorch part over one epoch, by rounding alone.

`measure()` trains both in lockstep for several seeds in float32 and in float64;
`draw()` makes the figure of what it found.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import data
from compare import HyperParameters
from docs.figures import style
from docs.figures.training_runs import flat, lockstep

MEASURED = Path(__file__).parent / "measured" / "drift.json"
SEEDS = (0, 1, 2, 3, 4, 5)
DTYPES = ("float32", "float64")
COLOURS = {"float32": style.RED, "float64": style.BLUE}


def measure(*, train_samples: int | None = None) -> dict[str, Any]:
    """Return max|Δθ| / max|θ| at some steps, and the final test accuracies."""
    runs = []
    for dtype in DTYPES:
        digits = data.load("mnist", dtype=dtype, train_samples=train_samples)
        n_steps = -(-len(digits.X_train) // 64)
        marks = [1, 3, 10, *range(25, n_steps, 25), n_steps]
        for seed in SEEDS:
            run = _one_run(digits, dtype, seed, marks)
            runs.append({"dtype": dtype, "seed": seed, "steps": marks, **run})
    return {"quantity": "max|Δθ| / max|θ|, numpy and torch", "runs": runs}


def _one_run(
    digits: data.Dataset, dtype: str, seed: int, marks: list[int]
) -> dict[str, Any]:
    settings = HyperParameters(dtype=dtype)
    differences = []
    for _, networks in lockstep(
        ("numpy", "torch"), digits, settings, seed=seed, marks=marks
    ):
        ours, theirs = map(flat, networks)
        differences.append(float(abs(ours - theirs).max() / abs(theirs).max()))
    accuracies = [
        float((n.predict_proba(digits.X_test).argmax(axis=1) == digits.y_test).mean())
        for n in networks
    ]
    return {"differences": differences, "test_accuracies": accuracies}


def draw(path: Path) -> None:
    """Draw the figure of what is stored in `MEASURED`."""
    runs = json.loads(MEASURED.read_text(encoding="utf-8"))["runs"]
    with style.figure(path, 9, 4.2) as figure:
        axes = figure.add_subplot()
        for run in runs:
            steps, differences = run["steps"], run["differences"]
            style_of_line = "-" if run["dtype"] == "float32" else "--"
            colour = COLOURS[run["dtype"]]
            axes.plot(steps, differences, style_of_line, color=colour, lw=1.3)
            if differences[-1] > 1e-3:
                _name_the_jump(axes, run)
        for dtype, height in (("float32", 2e-6), ("float64", 6e-15)):
            bits = float(np.finfo(dtype).eps)
            axes.axhline(bits, color=style.GREY, lw=0.8, ls=":")
            axes.text(
                870,
                bits * 0.2,
                f"one unit in the last digit, {dtype}",
                color=style.GREY,
                fontsize=8,
                ha="right",
            )
            n_runs = sum(r["dtype"] == dtype for r in runs)
            axes.text(
                8,
                height,
                f"{dtype}, {n_runs} seeds",
                color=COLOURS[dtype],
                weight="bold",
            )
        axes.set(
            yscale="log",
            xlim=(0, 880),
            ylim=(1e-17, 3),
            xlabel="step (one epoch has 844)",
            ylabel="largest difference of a weight,\nin units of the largest weight",
            title="NumPy and PyTorch, same start, same batches: how far apart?",
        )


def _name_the_jump(axes: Axes, run: dict[str, Any]) -> None:
    """Write the seed beside the first large difference."""
    steps, differences = run["steps"], run["differences"]
    first = next(i for i, d in enumerate(differences) if d > 1e-4)
    axes.annotate(
        f"seed {run['seed']}",
        (steps[first], differences[first]),
        xytext=(-6, 2),
        textcoords="offset points",
        ha="right",
        fontsize=8.5,
    )
