"""The whole comparison in a few plain sentences: same thing? how good? how fast?

For readers who read nothing else. The numbers behind each sentence are in `notes`.
With many rows a sentence names groups and ends, not each row: the tables name all.
"""

from collections.abc import Iterable, Sequence

from compare import registry
from compare.record.plan import short
from compare.record.results import Results
from compare.record.verdicts import Judged, Verdicts
from compare.show import units
from compare.show.words import listed
from compare.statistics import SpeedVerdict
from compare.statistics.speed import SpeedWord

DIFFERS = "different"
# A sentence with more names than these is a table in disguise.
FEW = 5


def sentences(found: Verdicts) -> list[str]:
    """Return the findings: parity, accuracy, speed, and what did not work."""
    said = [
        _parity(found.results),
        _accuracy(found),
        _lead(found),
        *_speed(found),
        *_absent(found.results),
    ]
    return [sentence for sentence in said if sentence]


def _parity(results: Results) -> str:
    groups: dict[str, list[str]] = {}
    for p in results.parity:
        if p.status in ("equal", "reference"):
            groups.setdefault(p.reference, []).append(short(p.implementation))
    different = [short(p.implementation) for p in results.parity if p.status == DIFFERS]
    found = []
    for reference, names in groups.items():
        if len(names) > 1:
            who = _who(names, len(results.parity))
            found.append(f"{who} compute the same thing, to rounding.")
        elif names != [reference]:
            found.append(f"{names[0]} computes the same as {reference}, to rounding.")
    if different:
        verb = "computes" if len(different) == 1 else "compute"
        found.append(f"{listed(different)} {verb} something else.")
    return " ".join(found)


def _who(names: Sequence[str], n_all: int) -> str:
    """Return the names, or how many they are if they are many and nobody is missing."""
    if len(names) > FEW and len(names) == n_all:
        return f"All {n_all}"
    return listed(names)


def _accuracy(found: Verdicts) -> str:
    rows = [
        row
        for row in found.rows
        if row.complete and row.is_closed and not row.row.is_control
    ]
    base = next((row for row in rows if row.row == found.baseline), None)
    if base is None:
        return ""
    verdicts = [row.accuracy for row in rows if row is not base]
    margins = {verdict.margin for verdict in verdicts if verdict}
    if verdicts and all(verdict and verdict.equivalent for verdict in verdicts):
        n_all = sum(not row.row.is_control for row in found.rows)
        who = _who([row.short for row in rows], n_all)
        return (
            f"{who} are equally accurate, within "
            f"{100 * max(margins):.2g} points: "
            f"{units.percent(base.mean_accuracy or 0, 1)} % of the test images are "
            "read right."
        )
    chance = ("equivalent", "no detectable difference")
    alike = verdicts and all(v and v.verdict in chance for v in verdicts)
    end = ", with no difference beyond chance" if alike else ""
    if len(rows) > FEW:
        return f"Test accuracy: {_span(rows)}{end or _apart(rows, base.short)}."
    parts = [f"{row.short} {units.percent(row.mean_accuracy or 0)} %" for row in rows]
    return f"Test accuracy: {listed(parts)}{end}."


def _span(rows: Sequence[Judged]) -> str:
    """Return the lowest and the highest accuracy, with those who have them."""
    groups = _grouped(
        (units.percent(row.mean_accuracy or 0), row.short) for row in rows
    )
    low, high = min(groups, key=float), max(groups, key=float)
    if low == high:
        return f"{low} % for each"
    return f"{low} % ({listed(groups[low])}) to {high} % ({listed(groups[high])})"


def _apart(rows: Sequence[Judged], base: str) -> str:
    """Name those of many that differ from the baseline beyond chance."""
    said = ""
    for word in ("more accurate", "less accurate"):
        names = [r.short for r in rows if r.accuracy and r.accuracy.verdict == word]
        said += f"; {word} than {base}, beyond chance: {listed(names)}" if names else ""
    return said


def _grouped(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names that share a figure, by figure."""
    found: dict[str, list[str]] = {}
    for figure, name in items:
        found.setdefault(figure, []).append(name)
    return found


def _lead(found: Verdicts) -> str:
    """Say who trains fastest of all, what it is, and how far ahead of the next."""
    lead = found.lead
    if lead is None:
        return ""
    first = lead.front[0]
    entry = registry.engine(first.row.name)
    if len(lead.front) > 1:
        return (
            f"{listed([row.short for row in lead.front])} train fastest of the "
            f"{lead.n_ranked}; among them this run does not decide."
        )
    what = f" ({entry.summary})" if entry else ""
    return (
        f"{first.short}{what} trains fastest of the {lead.n_ranked}, "
        f"{units.significant(lead.speed.ratio.ratio or 0)} times as fast as "
        f"{lead.speed.baseline_name}, the next."
    )


def _speed(found: Verdicts) -> list[str]:
    said: dict[str, list[SpeedVerdict]] = {}
    for row in found.beside_baseline:
        if row.speed is not None and found.is_ranked(row):
            said.setdefault(row.speed.verdict, []).append(row.speed)
    return [
        frame.format(names=_names(said[word]), base=found.baseline.short)
        for word, frame in FRAMES.items()
        if word in said
    ]


# In the order in which they are said.
FRAMES: dict[SpeedWord, str] = {
    "faster": "Training: {names} as fast as {base}.",
    "same": "Training: {names} just as fast as {base}.",
    "no detectable difference": "No difference in speed shows: {names} and {base}.",
    "slower": "Training: {names} the speed of {base}.",
    "too noisy": "Too much else ran here to rank the speed of {names} against {base}.",
    "not enough data": "Too few seeds to rank the speed of {names} against {base}.",
}


def _names(verdicts: Sequence[SpeedVerdict]) -> str:
    """Return the names, with factors where they are ranked: many, the fastest first."""
    if verdicts[0].verdict not in ("faster", "slower"):
        return listed([verdict.name for verdict in verdicts])
    ratios = {verdict.name: verdict.ratio.ratio or 0 for verdict in verdicts}
    times = {name: units.significant(ratio, 2) for name, ratio in ratios.items()}
    if len(times) <= FEW:
        return listed([f"{name} {figure} times" for name, figure in times.items()])
    ordered = sorted(ratios, key=lambda name: -ratios[name])
    groups = _grouped((times[name], name) for name in ordered)
    parts = [f"{listed(names)} {figure}" for figure, names in groups.items()]
    return f"{'; '.join(parts)} times"


def _absent(results: Results) -> list[str]:
    failed, said = [], []
    for row in results.plan.rows:
        status = [run.status for run in results.runs_of(row.label)]
        n = status.count("failed")
        if n and n == len(status):
            failed.append(row.short)
        elif n:
            said.append(f"{row.short} failed with {n} of its {len(status)} seeds.")
    if failed:
        said.insert(0, f"{listed(failed)} failed.")
    if results.unsupported:
        names = [short(label) for label in results.unsupported]
        said.append(f"{listed(names)} cannot do what was asked.")
    if not results.finished:
        said.append("The run was interrupted: these are the figures it had by then.")
    return said
