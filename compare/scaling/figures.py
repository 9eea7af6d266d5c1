"""The sweep in pictures: time per image and ratio over each axis, on log scales."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from compare.scaling.axes import MEANINGS
from compare.scaling.winners import MARGIN, UNRANKED, Crossing, Place
from compare.show import figure_style as style

TITLES = {"training": "Training", "inference": "Predicting"}
TITLES_OF_AXES = {
    "batch": "Batch size",
    "width": "Width",
    "depth": "Depth",
    "threads": "Threads",
}
# Direct labels nearer than this part of the panel's height are moved apart.
LABEL_GAP = 0.058


def write(
    kind: str,
    found: Mapping[str, Sequence[Place]],
    changes: Mapping[str, Sequence[Crossing]],
    names: Sequence[str],
    folder: Path,
) -> list[str]:
    """Draw `scaling_training.png` or `scaling_inference.png`."""
    axes_names = [axis for axis, places in found.items() if places]
    if not axes_names:
        return []
    with style.styled():
        n = len(axes_names)
        figure, panels = plt.subplots(
            2,
            n,
            figsize=(max(6.5, 4.6 * n), 7.4),
            height_ratios=(3, 2),
            sharex="col",
            squeeze=False,
            layout="constrained",
        )
        for column, axis in enumerate(axes_names):
            _times(panels[0, column], axis, found[axis], names)
            _ratio(panels[1, column], axis, found[axis], changes[axis], names[0])
        panels[0, 0].set_ylabel("time per image; band: quartiles")
        panels[1, 0].set_ylabel(f"speed of {names[0]}\nagainst the fastest other")
        figure.suptitle(
            f"{TITLES[kind]}. Below: above 1, {names[0]} is faster; bars are 95 % "
            f"intervals; grey, equal within {100 * MARGIN:.0f} %; hollow, too noisy or "
            "too few rounds to rank.",
            x=0.01,
            ha="left",
            fontsize=11,
        )
        return [style.save(figure, folder / f"scaling_{kind}.png")]


def _times(axes: Any, axis: str, found: Sequence[Place], names: Sequence[str]) -> None:
    looks = style.looks(names)
    ends: dict[str, float] = {}
    for name in names:
        places = [place for place in found if name in place.times]
        if not places:
            continue
        x = [place.value for place in places]
        times = [place.times[name] for place in places]
        look = looks[name]
        axes.plot(x, [t.median for t in times], marker=look.marker, color=look.colour)
        axes.fill_between(
            x,
            [t.q1 for t in times],
            [t.q3 for t in times],
            color=look.colour,
            alpha=0.2,
        )
        ends[name] = times[-1].median
    _logarithmic(axes, [place.value for place in found])
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_seconds))
    axes.set_title(TITLES_OF_AXES[axis])
    _label_ends(axes, found[-1].value, ends, looks)


def _label_ends(axes: Any, x: float, ends: dict[str, float], looks: Any) -> None:
    """Write each name at the end of its line; names that would touch move apart."""
    low, high = (math.log(limit) for limit in axes.get_ylim())
    gap = LABEL_GAP * (high - low)
    names = sorted(ends, key=ends.__getitem__)
    places: list[float] = []
    for name in names:
        wanted = math.log(ends[name])
        places.append(max(wanted, places[-1] + gap) if places else wanted)
    # Back into the panel from above, again without touching.
    ceiling = high
    for k in range(len(places) - 1, -1, -1):
        places[k] = min(places[k], ceiling)
        ceiling = places[k] - gap
    for name, y in zip(names, places, strict=True):
        axes.annotate(
            name,
            (x, math.exp(y)),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=looks[name].colour,
            fontsize=9,
            annotation_clip=False,
        )


def _ratio(
    axes: Any,
    axis: str,
    found: Sequence[Place],
    changes: Sequence[Crossing],
    subject: str,
) -> None:
    places = [place for place in found if place.ratio.ratio]
    x = [place.value for place in places]
    ratios = [place.ratio.ratio or 1.0 for place in places]
    axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color="#e8e8e8", zorder=0)
    axes.axhline(1, color="black", lw=1)
    below = [r - (p.ratio.low or r) for r, p in zip(ratios, places, strict=True)]
    above = [(p.ratio.high or r) - r for r, p in zip(ratios, places, strict=True)]
    colour = style.looks([subject])[subject].colour
    axes.errorbar(
        x, ratios, yerr=[below, above], fmt="o-", color=colour, capsize=3, lw=1.5
    )
    unranked = [i for i, place in enumerate(places) if place.verdict in UNRANKED]
    axes.plot(
        [x[i] for i in unranked],
        [ratios[i] for i in unranked],
        "o",
        color=colour,
        mfc="white",
        zorder=4,
    )
    for change in changes:
        axes.axvspan(change.low, change.high, color="#D55E00", alpha=0.15)
        axes.axvline(change.value, color="#D55E00", lw=1.2, ls="--")
        axes.annotate(
            f"{change.value:,.0f}",
            (change.value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -2),
            textcoords="offset points",
            va="top",
            color="#B04A00",
            fontsize=9,
        )
    _logarithmic(axes, [place.value for place in found])
    axes.set_yscale("log", base=2)
    _ratio_ticks(axes, ratios, places)
    axes.set_xlabel(MEANINGS[axis])


def _ratio_ticks(axes: Any, ratios: Sequence[float], places: Sequence[Place]) -> None:
    low = min([*(p.ratio.low or 1 for p in places), *ratios, 0.9])
    high = max([*(p.ratio.high or 1 for p in places), *ratios, 1.25])
    # One wild interval of few rounds must not squeeze everything else.
    low, high = max(low, min(ratios) / 3), min(high, max(ratios) * 3)
    axes.set_ylim(low / 1.08, high * 1.08)
    ticks = (0.125, 0.25, 0.5, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2, 3, 4, 6, 8, 12, 16)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g} ×"))


def _logarithmic(axes: Any, values: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(list(values)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f}"))


def _seconds(value: float, _: object) -> str:
    if value >= 0.999e-3:
        return f"{value * 1e3:.3g} ms"
    return f"{value * 1e6:.3g} µs"
