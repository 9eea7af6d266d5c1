"""The figures of a study: curves with bands, heat maps, parallel coordinates."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from compare.show import figure_style as style
from compare.sweep import text
from compare.sweep.summary import complete

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from compare.sweep.study import Study

# Beyond this ratio of largest to smallest, an axis of numbers is logarithmic.
LOG_RATIO = 20
# Errors of 20 % and of 2 % are both to be read: their axis is logarithmic.
ERROR_TICKS = (0.5, 1, 2, 3, 5, 10, 20, 30, 50, 90)
# The least distance between two numbers below an axis, as a part of its length.
LEAST_DISTANCE = 0.12
MOST_LINES = 500
# Which colours lines take: the darkest would be lost on black, the lightest on white.
DARKEST, LIGHTEST = 0.3, 0.85
# Of the numbers in coloured cells; they do not follow the page, light or dark.
ON_LIGHT, ON_DARK = "#111111", "#fcfcfc"


def write(study: "Study", frame: "pd.DataFrame", folder: Path) -> list[str]:
    """Draw what the study shows; return the names of the files."""
    names = []
    with style.styled():
        for name, draw in drawings(study, frame).items():
            names.append(style.save(draw(), folder / f"{name}.png"))
    return names


def drawings(
    study: "Study", frame: "pd.DataFrame"
) -> dict[str, Callable[[], "Figure"]]:
    """Return the figures that this study has, each drawn when it is called."""
    done = complete(frame)
    found: dict[str, Callable[[], Figure]] = {}
    if done.empty:
        return found
    if "y" in study.show:
        found["heat_map"] = lambda: heat_map(study, done)
    elif "x" in study.show:
        found["curves"] = lambda: curves(study, done)
    if len([*study.vary]) + (len(study.engines) > 1) > 1:
        found["parallel"] = lambda: parallel(study, done)
    return found


def curves(study: "Study", done: "pd.DataFrame") -> "Figure":
    """Validation error along one setting: mean, and a band over the seeds."""
    from matplotlib import pyplot as plt

    x, lines, panels = (study.show.get(part) for part in ("x", "lines", "panels"))
    orders = {"engine": study.engines, **study.vary}
    groups = _kept(orders[panels], done[panels]) if panels else [None]
    figure, grid = plt.subplots(
        1,
        len(groups),
        figsize=(5.2 * len(groups) + 1, 4),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    labels = (
        [text.value(label) for label in _kept(orders[lines], done[lines])]
        if lines
        else []
    )
    looks = style.looks(labels or [""])
    done = done.assign(error=100 * (1 - done["val_accuracy"]))
    for axes, group in zip(grid[0], groups, strict=True):
        rows = done[done[panels] == group] if panels else done
        for i, label in enumerate(labels or [""]):
            part = rows[rows[lines].map(text.value) == label] if lines else rows
            width = 1.8 + style.extra_width(i, max(1, len(labels)))
            _curve(axes, part.groupby(x)["error"], looks[label], label, width)
        _scale(axes, done[x])
        axes.set(xlabel=str(x).replace("_", " "), title=_title(panels, group))
    grid[0][0].set_ylabel("validation error, %")
    _error_scale(grid[0][0], done["error"])
    if lines:
        grid[0][-1].legend(title=lines)
    style.headline(
        figure, f"{study.title}.\nLines are means over seeds, bands worst to best."
    )
    return figure


def _curve(axes: Any, groups: Any, look: style.Look, label: str, width: float) -> None:
    mean, low, high = (groups.agg(how) for how in ("mean", "min", "max"))
    x = mean.index.to_numpy()
    axes.fill_between(x, low, high, color=look.colour, alpha=0.15, lw=0)
    axes.plot(
        *(x, mean),
        color=look.colour,
        linewidth=width,
        marker=look.marker,
        markersize=5 + width,
        markeredgecolor="white",
        markeredgewidth=0.8,
        label=label,
    )


def _title(panels: str | None, group: Any) -> str:
    return f"{panels.replace('_', ' ')}: {text.value(group)}" if panels else ""


def _scale(axes: Any, values: Any) -> None:
    """Make an axis logarithmic where its numbers span decades, ticks at the values."""
    from matplotlib import ticker

    numbers = sorted(set(values))
    if numbers[0] > 0 and numbers[-1] / numbers[0] > LOG_RATIO:
        named = _apart(numbers)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.FixedLocator(numbers))
        axes.xaxis.set_major_formatter(
            ticker.FuncFormatter(
                lambda v, _: (f"{v:,.0f}" if v >= 1 else f"{v:g}") if v in named else ""
            )
        )
        axes.xaxis.set_minor_locator(ticker.NullLocator())


def _apart(numbers: list[float]) -> set[float]:
    """Return those that can be named below a logarithmic axis, the largest first."""
    span = np.log(numbers[-1] / numbers[0])
    named = [numbers[-1]]
    for number in reversed(numbers[:-1]):
        if np.log(named[-1] / number) >= LEAST_DISTANCE * span:
            named.append(number)
    return set(named)


def _error_scale(axes: Any, errors: Any) -> None:
    """Make the axis of errors logarithmic, its ticks at round numbers."""
    from matplotlib import ticker

    low, high = max(float(errors.min()), 0.01), float(errors.max())
    axes.set_yscale("log")
    axes.set_ylim(0.9 * low, 1.1 * max(high, 1.2 * low))
    axes.yaxis.set_major_locator(ticker.FixedLocator(ERROR_TICKS))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda v, _: f"{v:g}"))
    axes.yaxis.set_minor_locator(ticker.NullLocator())


def heat_map(study: "Study", done: "pd.DataFrame") -> "Figure":
    """Mean validation accuracy over two settings, the number in each cell."""
    from matplotlib import pyplot as plt

    x, y = study.show["x"], study.show["y"]
    engines = _kept(study.engines, done["engine"])
    figure, grid = plt.subplots(
        1,
        len(engines),
        figsize=(6.4 * len(engines), 4),
        squeeze=False,
        layout="constrained",
    )
    for axes, engine in zip(grid[0], engines, strict=True):
        rows = done[done["engine"] == engine]
        table = 100 * rows.pivot_table(index=y, columns=x, values="val_accuracy")
        # In the order of the study, not of the alphabet.
        table = table.reindex(
            index=_kept(study.vary[y], table.index),
            columns=_kept(study.vary[x], table.columns),
        )
        _cells(axes, table)
        axes.set(
            xlabel=x.replace("_", " "), ylabel=y.replace("_", " "), title=str(engine)
        )
    style.headline(
        figure, f"{study.title}.\nMean validation accuracy over seeds, per cent."
    )
    return figure


def _kept(values: Any, present: Any) -> list[Any]:
    """Return those of `values` that are `present`, in the order of the study.

    A range has no order of its own: what was drawn from it comes as it is.
    """
    if isinstance(values, dict):
        return list(dict.fromkeys(present))
    found = {text.value(value) for value in present}
    return [value for value in values if text.value(value) in found]


def _cells(axes: Any, table: "pd.DataFrame") -> None:
    numbers = table.to_numpy()
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    axes.imshow(numbers, cmap="cividis", aspect="auto")
    axes.grid(visible=False)
    axes.set_xticks(range(table.shape[1]), [text.value(v) for v in table.columns])
    axes.set_yticks(range(table.shape[0]), [text.value(v) for v in table.index])
    for (row, column), number in np.ndenumerate(numbers):
        if np.isnan(number):
            continue
        light = (number - low) / (high - low or 1) > 0.6
        axes.text(
            column,
            row,
            f"{number:.2f}",
            ha="center",
            va="center",
            color=ON_LIGHT if light else ON_DARK,
            weight="bold" if number == high else "normal",
        )


def parallel(study: "Study", done: "pd.DataFrame") -> "Figure":
    """One line for each point: through its settings to its validation accuracy."""
    from matplotlib import pyplot as plt

    names = [*(["engine"] if len(study.engines) > 1 else []), *study.vary]
    means = done.groupby(names, sort=False)["val_accuracy"].mean().reset_index()
    means = means.sort_values("val_accuracy").tail(MOST_LINES)
    axes_values = [*names, "val_accuracy"]
    orders = {"engine": study.engines, **study.vary}
    heights = np.stack(
        [_heights(means[name], orders.get(name)) for name in axes_values]
    )
    figure, axes = plt.subplots(
        figsize=(2.2 * len(axes_values) + 1, 4.4), layout="constrained"
    )
    colours = plt.get_cmap("cividis")(DARKEST + (LIGHTEST - DARKEST) * heights[-1])
    for column, colour in zip(heights.T, colours, strict=True):
        axes.plot(column, color=colour, lw=1.0, alpha=0.7)
    axes.plot(
        heights[:, -1], color=style.COLOURS[1], lw=3, marker="o", label="the best"
    )
    for place, name in enumerate(axes_values):
        _ticks(axes, place, means[name], heights[place])
    axes.set_xticks(range(len(axes_values)), [_named(name) for name in axes_values])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.1), ncols=2)
    style.headline(
        figure,
        f"{study.title}.\nOne line for each point, its mean over seeds: "
        "the lighter, the more accurate.",
    )
    return figure


def _named(name: str) -> str:
    if name == "val_accuracy":
        return "validation\naccuracy, %"
    return name.replace("_", " ")


def _heights(column: "pd.Series[Any]", order: Any) -> Any:
    """Return 0 … 1 for each value: numbers by size, all else in the study's order."""
    if column.dtype.kind in "iuf":
        numbers = column.to_numpy(float)
        if numbers.min() > 0 and numbers.max() / numbers.min() > LOG_RATIO:
            numbers = np.log(numbers)
    else:
        names = [text.value(value) for value in order]
        numbers = np.array([names.index(text.value(v)) for v in column], float)
    span = numbers.max() - numbers.min()
    return (numbers - numbers.min()) / span if span else np.full(len(numbers), 0.5)


def _ticks(axes: Any, place: int, column: "pd.Series[Any]", heights: Any) -> None:
    axes.axvline(place, color=style.GREY, lw=0.8, zorder=0)
    shown = dict(sorted(zip(heights.tolist(), column.tolist(), strict=True)))
    if len(shown) > 8:
        shown = {h: v for h, v in shown.items() if h in (min(shown), max(shown))}
    for height, value in shown.items():
        words = (
            f"{100 * value:.2f}" if column.name == "val_accuracy" else text.value(value)
        )
        axes.text(
            *(place + 0.03, height, words),
            fontsize=9,
            va="center",
            color=style.INK,
            # Lines end behind the words instead of striking them out.
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
            zorder=3,
        )
