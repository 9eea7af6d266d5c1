"""What a sweep prints: the best of each engine, and what did not come to its end."""

from typing import TYPE_CHECKING, Any

from compare.show.columns import Column, render
from compare.show.words import count
from compare.sweep.summary import Best, Interval

if TYPE_CHECKING:
    import pandas as pd

    from compare.sweep.study import Study

MOST_REASONS = 5


def heading(study: "Study", n_trainings: int, n_missing: int) -> str:
    """Return what is going to be done."""
    done = n_trainings - n_missing
    there = f"; {done:,} of them are there already" if done else ""
    factors = [
        count(len(study.points()), "point"),
        count(len(study.engines), "engine"),
        count(len(study.seeds), "seed"),
    ]
    total = count(n_trainings, "training")
    return f"{study.title}.\n{' × '.join(factors)} = {total}{there}.\n"


def best_table(found: list[Best]) -> str:
    """Return the best point of each engine, by validation, with its test accuracy."""
    if not found:
        return "No training was completed.\n"
    return render(best_columns(found), best_rows(found))


def best_columns(found: list[Best]) -> list[Column]:
    """Return the columns of that table; none if there is nothing to show."""
    if not found:
        return []
    return [
        Column("best by validation"),
        *(Column(name.replace("_", " "), right=True) for name in found[0].point),
        Column("validation", "%, mean ± sd", right=True),
        Column("test", "%, mean ± sd", right=True),
        Column("95 % interval", "of the test mean", right=True),
        Column("seeds", right=True),
    ]


def best_rows(found: list[Best]) -> list[list[str]]:
    """Return a row for each engine, under those columns."""
    return [
        [
            one.engine,
            *map(value, one.point.values()),
            spread(one.val),
            spread(one.test),
            bounds(one.test),
            str(one.test.n),
        ]
        for one in found
    ]


def sentences(frame: "pd.DataFrame", found: list[Best]) -> str:
    """Return these meanings as a list."""
    return "".join(f"- {line}\n" for line in meanings(frame, found))


def meanings(frame: "pd.DataFrame", found: list[Best]) -> list[str]:
    """Say what the table means, and what is missing in it."""
    lines = [
        "The best point is chosen by validation accuracy; the test accuracy of that "
        "point alone is shown.",
        "Trainings ran beside one another, so no time is compared.",
    ]
    if any(one.test.n < 3 for one in found):
        lines.append("Fewer than three seeds have no interval: chance is not known.")
    return lines + failures(frame)


def failures(frame: "pd.DataFrame") -> list[str]:
    """Return one line for each reason why trainings did not come to their end."""
    broken = frame[frame["status"] != "complete"]
    lines = []
    groups = list(broken.groupby(["status", "engine", "reason"], sort=False))
    for (status, engine, reason), rows in groups[:MOST_REASONS]:
        lines.append(f"{count(len(rows), 'training')} of {engine} {status}: {reason}")
    if len(groups) > MOST_REASONS:
        lines.append(f"{len(groups) - MOST_REASONS} more reasons are in trainings.csv")
    return lines


def value(number: Any) -> str:
    """Return a setting as a reader writes it."""
    if isinstance(number, list | tuple):
        return "-".join(map(str, number))
    if isinstance(number, float):
        return f"{number:g}"
    return f"{number:,}" if isinstance(number, int) else str(number)


def spread(one: Interval) -> str:
    """97.71 ± 0.12, in per cent; without ± for one seed."""
    mean = f"{100 * one.mean:.2f}"
    return mean if one.sd is None else f"{mean} ± {100 * one.sd:.2f}"


def bounds(one: Interval) -> str:
    """97.60–97.82, in per cent."""
    if one.low is None or one.high is None:
        return ""
    return f"{100 * one.low:.2f}–{100 * one.high:.2f}"
