"""Four optimizers in a narrow valley: the same start, the same 25 steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docs.figures import style
from numpy_impl import textbook

Array = NDArray[np.floating[Any]]

N_STEPS = 25
START = np.array([-9.0, 1.6])
# loss = (x² + 25 y²) / 2: 25 times as steep across the valley as along it.
STEEPNESS = np.array([1.0, 25.0])
LEARNING_RATE, ADAM_LEARNING_RATE = 0.046, 0.6

Step = Callable[[Array, Array, Any, int], tuple[Array, Any]]


def draw(path: Path) -> None:
    """Draw the figure."""
    steps: dict[str, Step] = {
        f"SGD, η = {LEARNING_RATE}": _sgd(momentum=0.0),
        "with momentum, μ = 0.8": _sgd(momentum=0.8),
        "with Nesterov momentum": _sgd(momentum=0.8, nesterov=True),
        f"Adam, η = {ADAM_LEARNING_RATE}": _adam,
    }
    colours = (style.RED, style.BLUE, style.GREEN, style.INK)
    with style.figure(path, 10, 3.9) as figure:
        grid = figure.subplots(2, 2, sharex=True, sharey=True)
        for axes, (name, step), colour in zip(
            grid.flat, steps.items(), colours, strict=True
        ):
            _contours(axes)
            points = trajectory(step)
            axes.plot(*points.T, "o-", color=colour, ms=3.2, lw=1.3)
            axes.plot(*START, "o", color="white", mec=style.INK, ms=7)
            axes.plot(0, 0, "*", color=style.INK, ms=11)
            axes.set_title(
                f"{name}: loss {_loss(points[-1]):.3f} after {N_STEPS} steps"
            )
            if step is _adam:
                axes.annotate(
                    "first steps of about η each:\n"
                    "it passes the minimum and turns back",
                    (points[:, 0].max(), points[points[:, 0].argmax(), 1]),
                    xytext=(1.2, -1.75),
                    ha="center",
                    va="center",
                    fontsize=8,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                    arrowprops={"arrowstyle": "-", "color": style.GREY, "lw": 0.8},
                )
            axes.set(xlim=(-10, 5), ylim=(-2.4, 2.4), yticks=[-2, 0, 2])
            axes.tick_params(labelsize=8.5)


def trajectory(step: Step) -> Array:
    """Return the start and the place after each step, (N_STEPS + 1, 2)."""
    theta, memory, points = START, None, [START]
    for t in range(1, N_STEPS + 1):
        theta, memory = step(theta, STEEPNESS * theta, memory, t)
        points.append(theta)
    return np.array(points)


def _sgd(**options: Any) -> Step:
    def step(theta: Array, g: Array, memory: Any, t: int) -> tuple[Array, Any]:
        velocity = np.zeros(2) if memory is None else memory
        theta, velocity = textbook.sgd(
            theta, g, velocity, learning_rate=LEARNING_RATE, **options
        )
        return theta, velocity

    return step


def _adam(theta: Array, g: Array, memory: Any, t: int) -> tuple[Array, Any]:
    m, v = (np.zeros(2), np.zeros(2)) if memory is None else memory
    theta, m, v = textbook.adam(theta, g, m, v, t, learning_rate=ADAM_LEARNING_RATE)
    return theta, (m, v)


def _loss(theta: Array) -> float:
    return float((STEEPNESS * theta**2).sum() / 2)


def _contours(axes: Any) -> None:
    x, y = np.meshgrid(np.linspace(-10, 5, 200), np.linspace(-2.4, 2.4, 100))
    axes.contour(
        x,
        y,
        (STEEPNESS[0] * x**2 + STEEPNESS[1] * y**2) / 2,
        levels=[1, 4, 10, 20, 35, 55],
        colors=style.GREY,
        linewidths=0.7,
    )
