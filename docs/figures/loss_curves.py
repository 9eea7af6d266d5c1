"""The loss of three implementations over one epoch, and how far apart they are."""

from pathlib import Path

import numpy as np

import data
from compare import HyperParameters
from docs.figures import style
from docs.figures.training_runs import lockstep

NAMES = {"numpy": "NumPy, by hand", "torch": "PyTorch", "sklearn": "scikit-learn"}
LOOKS = (
    {"color": style.ORANGE, "lw": 7, "alpha": 0.6},
    {"color": style.BLUE, "lw": 3},
    {"color": style.INK, "lw": 1.2, "ls": (0, (4, 4))},
)
EVERY = 6


def draw(path: Path, *, n_steps: int = 843, train_samples: int | None = None) -> None:
    """Train in float64 and draw the figure."""
    settings = HyperParameters(dtype="float64")
    digits = data.load("mnist", dtype="float64", train_samples=train_samples)
    X, y = digits.X_val[:1000], digits.y_val[:1000]
    steps, losses = [], []
    marks = [*range(1, 30, 2), *range(30, n_steps + 1, EVERY)]
    for step, networks in lockstep(tuple(NAMES), digits, settings, seed=0, marks=marks):
        steps.append(step)
        probs = [network.predict_proba(X) for network in networks]
        losses.append([-np.log(p[np.arange(len(y)), y]).mean() for p in probs])
    curves = np.array(losses)
    with style.figure(path, 9, 4.6) as figure:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
        for curve, name, look in zip(curves.T, NAMES.values(), LOOKS, strict=True):
            top.plot(steps, curve, label=name, **look)
        top.legend(title="three curves, one line")
        top.set(ylabel="loss on 1,000 pictures", ylim=(0, None))
        top.set_title("same start, same batches, float64")
        for column, look in ((1, LOOKS[1]), (2, LOOKS[2])):
            gap = np.abs(curves[:, column] - curves[:, 0]) / curves[:, 0]
            name = list(NAMES.values())[column]
            # Exactly equal is shown at the foot of the scale.
            bottom.plot(
                steps,
                np.maximum(gap, 1e-17),
                ".",
                ms=3,
                color=look["color"],
                label=f"{name} − NumPy",
            )
        bottom.set(
            yscale="log",
            ylim=(5e-18, 1e-13),
            ylabel="relative\ndifference",
            xlabel="step (batch of 64 pictures)",
        )
        bottom.set_yticks([1e-17, 1e-15, 1e-13], ["equal", "$10^{-15}$", "$10^{-13}$"])
        bottom.legend(loc="upper right", ncols=2, fontsize=8.5)
