"""The whole comparison in a few plain sentences: same thing? how good? how fast?

For readers who read nothing else. The numbers behind each sentence are in `notes`.
"""

from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results
from compare.show import units
from compare.show.words import listed
from compare.statistics import SpeedVerdict
from compare.statistics.speed import SpeedWord

DIFFERS = "different"


def sentences(results: Results) -> list[str]:
    """Return the findings: parity, accuracy, speed, and what did not work."""
    found = [_parity(results), _accuracy(results), *_speed(results), *_absent(results)]
    return [sentence for sentence in found if sentence]


def _parity(results: Results) -> str:
    groups: dict[str, list[str]] = {}
    for p in results.parity:
        if p.status in ("equal", "reference"):
            groups.setdefault(p.reference, []).append(short(p.implementation))
    different = [short(p.implementation) for p in results.parity if p.status == DIFFERS]
    found = []
    for reference, names in groups.items():
        if len(names) > 1:
            found.append(f"{listed(names)} compute the same thing, to rounding.")
        elif names != [reference]:
            found.append(f"{names[0]} computes the same as {reference}, to rounding.")
    if different:
        verb = "computes" if len(different) == 1 else "compute"
        found.append(f"{listed(different)} {verb} something else.")
    return " ".join(found)


def _accuracy(results: Results) -> str:
    base = verdicts.baseline(results)
    labels = [
        label
        for label in results.plan.implementations
        if results.complete_runs_of(label)
        and verdicts.is_closed(results, label)
        and label not in verdicts.controls(results)
    ]
    if base not in labels:
        return ""
    means = {label: verdicts.mean_accuracy(results, label) for label in labels}
    others = [label for label in labels if label != base]
    words = {label: verdicts.accuracy(results, label, base) for label in others}
    margin = {word.margin for word in words.values() if word}
    if others and all(word and word.equivalent for word in words.values()):
        return (
            f"{listed([short(n) for n in labels])} are equally accurate, within "
            f"{100 * max(margin):.2g} points: {units.percent(means[base], 1)} % of the "
            "test images are read right."
        )
    parts = [f"{short(label)} {units.percent(mean)} %" for label, mean in means.items()]
    chance = ("equivalent", "no detectable difference")
    alike = others and all(word and word.verdict in chance for word in words.values())
    end = ", with no difference beyond chance" if alike else ""
    return f"Test accuracy: {listed(parts)}{end}."


def _speed(results: Results) -> list[str]:
    base = verdicts.baseline(results)
    found: dict[str, list[str]] = {}
    for label in results.plan.implementations:
        control = label in verdicts.controls(results)
        if label == base or control or not verdicts.is_same(results, label, base):
            continue
        verdict = verdicts.speed(results, label)
        if verdict is not None:
            found.setdefault(verdict.verdict, []).append(_name(verdict))
    return [
        frame.format(names=listed(found[word]), base=short(base))
        for word, frame in FRAMES.items()
        if word in found
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


def _name(verdict: SpeedVerdict) -> str:
    if verdict.verdict not in ("faster", "slower"):
        return verdict.name
    times = units.significant(verdict.ratio.ratio or 0, 2)
    return f"{verdict.name} {times} times"


def _absent(results: Results) -> list[str]:
    failed, said = [], []
    for label in results.plan.implementations:
        status = [run.status for run in results.runs_of(label)]
        n = status.count("failed")
        if n and n == len(status):
            failed.append(short(label))
        elif n:
            said.append(f"{short(label)} failed with {n} of its {len(status)} seeds.")
    if failed:
        said.insert(0, f"{listed(failed)} failed.")
    if results.unsupported:
        names = [short(label) for label in results.unsupported]
        said.append(f"{listed(names)} cannot do what was asked.")
    if not results.finished:
        said.append("The run was interrupted: these are the figures it had by then.")
    return said
