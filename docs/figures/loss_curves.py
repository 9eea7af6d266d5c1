"""The loss of three implementations over one epoch, and how far apart they are.

`measure()` trains the three in lockstep in float64; `draw()` makes the figure.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

import data
from compare import HyperParameters, metrics
from docs.figures import style
from docs.figures.training_runs import lockstep

MEASURED = Path(__file__).parent / "measured" / "loss_curves.json"
NAMES = {"numpy": "NumPy, by hand", "torch": "PyTorch", "sklearn": "scikit-learn"}
LOOKS = (
    {"color": style.ORANGE, "lw": 7, "alpha": 0.6},
    {"color": style.BLUE, "lw": 3},
    {"color": style.INK, "lw": 1.2, "ls": (0, (4, 4))},
)
EVERY = 6


def measure(*, train_samples: int | None = None) -> dict[str, Any]:
    """Return the loss on 1,000 validation pictures at some steps of one epoch."""
    settings = HyperParameters(dtype="float64")
    digits = data.load("mnist", dtype="float64", train_samples=train_samples)
    X, y = digits.X_val[:1000], digits.y_val[:1000]
    n_steps = -(-len(digits.X_train) // settings.batch_size)
    marks = [*range(1, 30, 2), *range(30, n_steps + 1, EVERY)]
    losses = []
    for _, networks in lockstep(tuple(NAMES), digits, settings, seed=0, marks=marks):
        probs = [network.predict_proba(X) for network in networks]
        losses.append([metrics.cross_entropy(p, y) for p in probs])
    return {"steps": marks, "names": list(NAMES), "losses": losses}


def draw(path: Path) -> None:
    """Draw the figure of what is stored in `MEASURED`."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    steps, curves = measured["steps"], np.array(measured["losses"])
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
