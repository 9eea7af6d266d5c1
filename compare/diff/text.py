"""The differences of two results in words, and as rows for other programs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare.diff.configuration import Difference
from compare.diff.judgement import Row
from compare.record.plan import short
from compare.record.results import Results
from compare.show.columns import Column, render
from compare.show.words import listed
from compare.statistics import MIN_ROUNDS, RatioInterval


def heading(first: Path, second: Path) -> str:
    """Return what is compared."""
    return f"first: {first}\nsecond: {second}\n\n"


def configuration_table(found: Sequence[Difference]) -> str:
    """Return what differs in configuration, data and environment."""
    if not found:
        return "Configuration, data and environment are the same.\n"
    columns = [Column("what differs"), Column(""), Column("first"), Column("second")]
    lines, last = [], ""
    for one in found:
        lines.append(
            ["" if one.part == last else one.part, one.name, one.first, one.second]
        )
        last = one.part
    return render(columns, lines)


def rows_table(rows: Sequence[Row]) -> str:
    """Return accuracy and speed of each row, the second against the first."""
    columns = [
        Column("implementation"),
        Column("test accuracy", "points (95 % interval)", right=True),
        Column(""),
        Column("speed", "× (95 % interval)", right=True),
        Column("", "of"),
        Column(""),
    ]
    return render(columns, [_line(row) for row in rows])


def _line(row: Row) -> list[str]:
    accuracy = word = ""
    if row.accuracy is None:
        word = f"not compared: {row.why_no_accuracy}"
    else:
        accuracy, word = _points(row), row.accuracy.verdict
    if row.why_no_speed:
        return [
            short(row.label),
            accuracy,
            word,
            "",
            "",
            f"refused: {row.why_no_speed}",
        ]
    ratio = row.seconds if row.is_baseline else row.judged
    kind = "seconds"
    if row.baseline and not row.is_baseline:
        kind = f"ratio to {short(row.baseline)}"
    return [
        short(row.label),
        accuracy,
        word,
        _ratio(ratio),
        kind,
        _speed_word(row),
    ]


def _points(row: Row) -> str:
    found = row.accuracy
    if found is None:
        return ""
    text = f"{100 * found.difference + 0.0:+.2f}"
    if found.low is None or found.high is None:
        return text
    return f"{text} ({100 * found.low + 0.0:+.2f} to {100 * found.high + 0.0:+.2f})"


def _ratio(ratio: RatioInterval | None) -> str:
    if ratio is None or ratio.ratio is None:
        return ""
    if ratio.low is None or ratio.high is None:
        return f"{ratio.ratio:.2f}"
    return f"{ratio.ratio:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def _speed_word(row: Row) -> str:
    if row.is_baseline:
        return "not judged: others are measured by it"
    ratio = row.judged
    if ratio is None or ratio.low is None or ratio.high is None:
        return "not enough data"
    if ratio.n_pairs < MIN_ROUNDS:
        return "not enough data"
    if row.slower:
        return "slower"
    return "faster" if ratio.low > 1 else "no detectable difference"


def sentence(rows: Sequence[Row]) -> str:
    """Return whether anything fell beyond its interval."""
    fell = [f"{short(row.label)} is less accurate" for row in rows if row.less_accurate]
    fell += [f"{short(row.label)} is slower" for row in rows if row.slower]
    if not rows:
        return "The two have no implementation in common: nothing was compared."
    if fell:
        return f"Worse than before: {listed(fell)}."
    refused = [short(row.label) for row in rows if row.why_no_speed]
    unknown = [short(row.label) for row in rows if row.accuracy is None]
    parts = ["Nothing fell beyond its interval."]
    if refused:
        parts.append(f"Time was not compared for {listed(refused)}.")
    if unknown:
        parts.append(f"Accuracy was not compared for {listed(unknown)}.")
    return " ".join(parts)


def json_rows(
    first: Results, second: Results, found: Sequence[Difference], rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """Return differences and figures as rows with named fields."""
    return [
        *({"kind": "difference"} | asdict(one) for one in found),
        *(
            {
                "kind": "row",
                "implementation": row.label,
                "accuracy_points": _accuracy_points(row, "difference"),
                "accuracy_low": _accuracy_points(row, "low"),
                "accuracy_high": _accuracy_points(row, "high"),
                "accuracy_verdict": row.accuracy.verdict if row.accuracy else None,
                "speed_ratio": row.judged.ratio if row.judged else None,
                "speed_low": row.judged.low if row.judged else None,
                "speed_high": row.judged.high if row.judged else None,
                "speed_relative_to": row.baseline or None,
                "not_compared": row.why_no_accuracy or None,
                "time_refused": row.why_no_speed or None,
                "worse": row.less_accurate or row.slower,
            }
            for row in rows
        ),
    ]


def _accuracy_points(row: Row, name: str) -> float | None:
    fraction = getattr(row.accuracy, name, None)
    return None if fraction is None else 100 * float(fraction)
