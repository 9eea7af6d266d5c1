"""Has anything got worse? Accuracy and speed of two results, row by row.

Accuracy is paired over seeds and images if both were tested on the same images. Speed
is compared only between equal machines, kernels and numbers of threads. Two
measurements on one machine lie hours or months apart, and machines have slow hours: so
a row's speed is judged as its ratio to the baseline that was measured beside it, and in
seconds only where there is no such row.
"""

from dataclasses import dataclass

import numpy as np

from compare.record import judging
from compare.record.results import Results, Run
from compare.statistics import (
    MIN_ROUNDS,
    AccuracyVerdict,
    RatioInterval,
    accuracy_verdict,
    unpaired_ratio,
)


@dataclass(frozen=True)
class Row:
    """One implementation in both results.

    Attributes
    ----------
    accuracy : AccuracyVerdict or None
        The second minus the first; None with `why_no_accuracy`.
    seconds : RatioInterval or None
        Speed of the second as a multiple of the first's, from seconds per epoch; None
        with `why_no_speed`.
    relative : RatioInterval or None
        The same of the ratio to `baseline`; None for that row itself.
    """

    label: str
    accuracy: AccuracyVerdict | None
    why_no_accuracy: str
    seconds: RatioInterval | None
    relative: RatioInterval | None
    baseline: str
    why_no_speed: str

    @property
    def judged(self) -> RatioInterval | None:
        """The ratio that decides."""
        return self.relative if self.baseline else self.seconds

    @property
    def is_baseline(self) -> bool:
        """Whether the others are measured by it, so that it cannot be judged itself."""
        return self.baseline == self.label

    @property
    def less_accurate(self) -> bool:
        """Whether accuracy fell beyond its interval."""
        return self.accuracy is not None and self.accuracy.verdict == "less accurate"

    @property
    def slower(self) -> bool:
        """Whether speed fell beyond its interval."""
        ratio = self.judged
        if ratio is None or ratio.high is None or ratio.n_pairs < MIN_ROUNDS:
            return False
        return ratio.high < 1


def judge(first: Results, second: Results) -> list[Row]:
    """Return a row for every implementation that both results have."""
    labels = [label for label in first.plan.labels if label in second.plan.labels]
    timed = [label for label in labels if _runs(first, label) and _runs(second, label)]
    baseline = ""  # alone, a row has nothing beside it
    if len(timed) > 1:
        own = judging.judge(first).baseline.label
        baseline = own if own in timed else timed[0]
    return [_row(first, second, label, baseline) for label in labels]


def _runs(results: Results, label: str) -> list[Run]:
    """Return the runs of a row that count."""
    row = next(row for row in results.plan.rows if row.label == label)
    return judging.counted(results, row)


def _row(first: Results, second: Results, label: str, baseline: str) -> Row:
    accuracy, why_no_accuracy = _accuracy(first, second, label)
    why_no_speed = machine_difference(first, second, label)
    seconds = relative = None
    if not why_no_speed:
        before, after = _rounds(first, label), _rounds(second, label)
        if before and after:
            seconds = unpaired_ratio(before, after)
            relative = _relative(first, second, label, baseline)
        else:
            why_no_speed = "not timed in both"
    return Row(
        label, accuracy, why_no_accuracy, seconds, relative, baseline, why_no_speed
    )


def _accuracy(
    first: Results, second: Results, label: str
) -> tuple[AccuracyVerdict | None, str]:
    if first.data.get("sha256") != second.data.get("sha256"):
        return None, "other data"
    if first.test_labels is None or first.test_labels != second.test_labels:
        return None, "other test images"
    before = {run.seed: run for run in first.complete_runs_of(label)}
    after = {run.seed: run for run in second.complete_runs_of(label)}
    seeds = sorted(before.keys() & after.keys())
    if not seeds:
        return None, "no seed in common"
    found = accuracy_verdict(
        "the second",
        "the first",
        np.stack([judging.correct(second, after[seed]) for seed in seeds]),
        np.stack([judging.correct(first, before[seed]) for seed in seeds]),
    )
    return found, ""


def machine_difference(first: Results, second: Results, label: str) -> str:
    """Return why times of a row cannot be compared, or ""."""
    for name, words in (("processor", "processor"), ("system", "system")):
        a, b = first.environment.get(name), second.environment.get(name)
        if a != b:
            return f"another {words}: {a} and {b}"
    threads = first.plan.n_threads, second.plan.n_threads
    if threads[0] != threads[1]:
        return f"another number of threads: {threads[0]} and {threads[1]}"
    pools = _pools(first, label), _pools(second, label)
    if pools[0] != pools[1]:
        only = sorted(pools[0] ^ pools[1])
        return f"other kernels or threads: {', '.join(only)}"
    return ""


def _pools(results: Results, label: str) -> set[str]:
    """Return what each library said of its kernels and threads."""
    return {
        f"{pool['library']} {pool.get('architecture') or ''} {pool['n_threads']}"
        for run in results.runs_of(label)
        for pool in run.thread_pools
    }


def _rounds(results: Results, label: str) -> list[list[float]]:
    return [run.train_seconds for run in _runs(results, label)]


def _relative(
    first: Results, second: Results, label: str, baseline: str
) -> RatioInterval | None:
    if not baseline or label == baseline:
        return None
    before, after = (_ratios(r, label, baseline) for r in (first, second))
    return unpaired_ratio(before, after) if before and after else None


def _ratios(results: Results, label: str, baseline: str) -> list[float]:
    """Return the time of a row as a multiple of the baseline's, seed by seed."""
    own = {run.seed: run.train_seconds for run in _runs(results, label)}
    base = {run.seed: run.train_seconds for run in _runs(results, baseline)}
    return [
        float(np.median(own[seed]) / np.median(base[seed]))
        for seed in sorted(own.keys() & base.keys())
    ]
