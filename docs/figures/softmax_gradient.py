"""Softmax and cross-entropy: logits, probabilities, and the gradient p − t."""

from pathlib import Path

import numpy as np

from docs.figures import style
from docs.figures.small_training import test_digits


def draw(path: Path) -> None:
    """Draw the figure."""
    X, y, probs = test_digits()
    # A picture whose right class is only the second choice: two bars matter.
    order = np.argsort(probs, axis=1)
    shown = int(np.flatnonzero((order[:, -2] == y) & (probs.max(axis=1) < 0.6))[0])
    p, label = probs[shown], int(y[shown])
    target = np.eye(10)[label]
    classes = np.arange(10)
    with style.figure(path, 10, 2.9) as figure:
        grid = figure.subplots(1, 3, width_ratios=(1, 2.2, 2.2))
        image, left, right = grid
        image.imshow(X[shown].reshape(28, 28), cmap="gray_r")
        image.set(xticks=[], yticks=[], title=f"a {label} (its label)")
        image.spines[["top", "right"]].set_visible(True)

        left.bar(classes, p, color=style.BLUE, width=0.65, label="p, what it says")
        left.bar(
            classes,
            target,
            width=0.82,
            fill=False,
            ec=style.INK,
            ls="--",
            lw=1.1,
            label="t, what it should say",
        )
        left.legend(loc="upper left", fontsize=8.5, ncols=2)
        left.set(title="probabilities", ylim=(0, 1.3), yticks=(0, 0.5, 1))

        difference = p - target
        colours = [style.RED if d < 0 else style.BLUE for d in difference]
        right.bar(classes, difference, color=colours, width=0.65)
        right.axhline(0, color=style.INK, lw=0.8)
        right.set(
            title="gradient at the logits: p − t",
            ylim=(-1, 0.85),
        )
        low, high = label, int(np.argmax(difference))
        right.text(
            low - 0.6 if low > 4 else low + 0.6,  # on the side that has room
            difference[low],
            "negative slope:\nthis logit goes up",
            ha="right" if low > 4 else "left",
            va="bottom",
            fontsize=8.5,
            color=style.RED,
        )
        right.text(
            high - 0.6 if high > 4 else high + 0.6,
            difference[high],
            "positive slope:\nthis logit goes down",
            ha="right" if high > 4 else "left",
            va="top",
            fontsize=8.5,
            color=style.BLUE,
        )
        for axes in (left, right):
            axes.set(xticks=classes, xlabel="digit")
            axes.tick_params(labelsize=8.5)
