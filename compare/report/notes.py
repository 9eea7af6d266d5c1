"""What the numbers mean, in sentences, and what makes them doubtful."""

import textwrap

from compare.record import verdicts
from compare.record.results import Results
from compare.report import stopping
from compare.statistics import AccuracyVerdict

WIDTH = 96


def render(results: Results) -> str:
    """Return the sentences below the tables."""
    blocks = [bullets(meaning(results))]
    doubts = verdicts.warnings(results)
    if doubts:
        blocks.append("What makes these figures doubtful:\n" + bullets(doubts))
    return "\n" + "\n".join(block for block in blocks if block)


def meaning(results: Results) -> list[str]:
    """Return one sentence per finding: speed, accuracy, the control, early stopping."""
    found = [*speed_sentences(results), *accuracy_sentences(results)]
    return [*found, *stopping.sentences(results)]


def speed_sentences(results: Results) -> list[str]:
    """Return what may be said of each row's speed, and what the control says."""
    found = [
        speed.sentence
        for label in beside_baseline(results)
        if (speed := verdicts.speed(results, label)) is not None
    ]
    control = verdicts.control(results)
    return found if control is None else [*found, control.sentence]


def accuracy_sentences(results: Results) -> list[str]:
    """Return what may be said of each row's accuracy, with the test of every seed."""
    found = []
    for verdict in accuracy_verdicts(results):
        p_values = ", ".join(f"{test.p:.2g}" for test in verdict.per_seed)
        found.append(f"{verdict.sentence}; exact McNemar per seed: p = {p_values}")
    return found


def accuracy_verdicts(results: Results) -> list[AccuracyVerdict]:
    """Return each row's accuracy beside the baseline's."""
    base = verdicts.baseline(results)
    found = [verdicts.accuracy(results, n, base) for n in beside_baseline(results)]
    return [verdict for verdict in found if verdict is not None]


def beside_baseline(results: Results) -> list[str]:
    """Return the rows that are compared with the baseline: all but it and controls."""
    left_out = {verdicts.baseline(results), *verdicts.controls(results)}
    return [n for n in results.plan.implementations if n not in left_out]


def bullets(sentences: list[str]) -> str:
    """Return the sentences as a list, wrapped."""
    wrapped = [
        textwrap.fill(
            f"{sentence}.", WIDTH, initial_indent="- ", subsequent_indent="  "
        )
        for sentence in sentences
    ]
    return "".join(f"{text}\n" for text in wrapped)
