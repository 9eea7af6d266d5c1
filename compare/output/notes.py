"""What the numbers mean, in sentences, and what makes them doubtful."""

import textwrap

from compare import verdicts
from compare.results import Results

WIDTH = 96


def render(results: Results) -> str:
    """Return the sentences below the tables."""
    blocks = [bullets(meaning(results))]
    doubts = verdicts.warnings(results)
    if doubts:
        blocks.append("What makes these figures doubtful:\n" + bullets(doubts))
    return "\n" + "\n".join(block for block in blocks if block)


def meaning(results: Results) -> list[str]:
    """Return one sentence per finding: speed, accuracy, the control."""
    base = verdicts.baseline(results)
    sentences = []
    for label in results.plan.implementations:
        if label == base:
            continue
        speed = verdicts.speed(results, label)
        if speed is not None:
            sentences.append(speed.sentence)
    sentences += accuracy_sentences(results, base)
    control = verdicts.control(results)
    if control is not None:
        sentences.append(control.sentence)
    return sentences


def accuracy_sentences(results: Results, base: str) -> list[str]:
    """Return what may be said of each row's accuracy beside the baseline's."""
    found = []
    for label in results.plan.implementations:
        verdict = verdicts.accuracy(results, label, base) if label != base else None
        if verdict is None:
            continue
        p_values = ", ".join(f"{test.p:.2g}" for test in verdict.per_seed)
        found.append(f"{verdict.sentence}; exact McNemar per seed: p = {p_values}")
    return found


def bullets(sentences: list[str]) -> str:
    """Return the sentences as a list, wrapped."""
    wrapped = [
        textwrap.fill(
            f"{sentence}.", WIDTH, initial_indent="- ", subsequent_indent="  "
        )
        for sentence in sentences
    ]
    return "".join(f"{text}\n" for text in wrapped)
