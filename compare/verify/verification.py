"""Do two runs of one plan agree? Judged from their results alone; measures nothing.

Predictions must be the same, image by image, where nothing that decides about rounding
has changed: machine, versions, libraries, code, and one thread on a CPU. Elsewhere
accuracy must agree within chance. Speed ratios must agree within their intervals, on
the same machine; on another one they are shown and not judged.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from compare.record import judging
from compare.record.results import Results, Run, unpack
from compare.record.verdicts import Judged, Verdicts
from compare.report import notes
from compare.report.text import OTHER
from compare.show import ratio
from compare.statistics import RatioInterval, mcnemar_exact

# Beyond their intervals, ratios may differ by what the suite calls the same speed.
SPEED_MARGIN = 0.05
# Level of the McNemar tests of all seeds of a row together (Bonferroni).
ALPHA = 0.01

Judgement = Literal["agrees", "differs", "not judged"]


@dataclass(frozen=True)
class Finding:
    """One property of one row, then and now."""

    row: str
    what: str
    then: str
    now: str
    judgement: Judgement
    reason: str


def changes(stored: Results, now: Results) -> list[str]:
    """Return what has changed that may change rounding, as "name: then → now"."""
    then, today = stored.environment, now.environment
    pairs = [
        ("processor", then.get("processor"), today.get("processor")),
        ("Python", then.get("python"), today.get("python")),
        ("code of this suite", then.get("commit"), today.get("commit")),
    ]
    for package in ("numpy", "torch", "scikit-learn"):
        versions = (e.get("packages", {}).get(package) for e in (then, today))
        pairs.append((package, *versions))
    return [f"{name}: {a} → {b}" for name, a, b in pairs if a != b]


def judge(stored: Results, now: Results) -> list[Finding]:
    """Return every property of every row with its judgement."""
    found = []
    rounding = changes(stored, now)
    before = judging.judge(stored)
    after = judging.judge(now, baseline=before.baseline.label)
    for then in before.rows:
        today = after[then.label]
        found.append(_status(before, after, then, today))
        pairs = _pairs(then, today)
        if pairs:
            found.append(_accuracy(stored, now, then.label, pairs, rounding))
        if (speed := _speed(before, after, then, today)) is not None:
            found.append(speed)
    return found


def _status(before: Verdicts, after: Verdicts, then: Judged, today: Judged) -> Finding:
    stored, now = _state(before.results, then), _state(after.results, today)
    same = stored == now
    reasons = [] if same else notes.failures(after, today)
    judgement: Judgement = "agrees" if same else "differs"
    return Finding(then.label, "outcome", stored, now, judgement, "; ".join(reasons))


def _state(results: Results, row: Judged) -> str:
    """Return how the row fared: parity, and whether it came to its end."""
    if row.label in results.unsupported:
        return "n/a"
    parity = {p.implementation: p.status for p in results.parity}
    words = {"reference": "equal"}
    status = parity.get(row.row.name, "not compared")
    end = "failed" if row.failures else "complete"
    return f"{end}, parity {words.get(status, status)}"


Pairs = list[tuple[Run, Run]]


def _pairs(then: Judged, today: Judged) -> Pairs:
    by_seed = {run.seed: run for run in today.complete}
    return [(run, by_seed[run.seed]) for run in then.complete if run.seed in by_seed]


def _accuracy(
    stored: Results, now: Results, label: str, pairs: Pairs, rounding: list[str]
) -> Finding:
    then, today = (
        100 * float(np.mean([run.test_accuracy for run in runs]))
        for runs in zip(*pairs, strict=True)
    )
    differ = sum(_n_differ(*pair) for pair in pairs)
    judgement, reason = _judge_accuracy(stored, now, pairs, rounding, differ)
    return Finding(
        label, "accuracy", f"{then:.2f} %", f"{today:.2f} %", judgement, reason
    )


def _judge_accuracy(
    stored: Results,
    now: Results,
    pairs: Pairs,
    rounding: list[str],
    differ: int,
) -> tuple[Judgement, str]:
    if differ == 0:
        return "agrees", "every prediction is the same"
    exact = not rounding and stored.plan.n_threads == 1 and pairs[0][0].device == "cpu"
    if exact and _libraries(pairs[0][0]) == _libraries(pairs[0][1]):
        return "differs", f"{differ:,} predictions are others, with nothing changed"
    p = min(1.0, len(pairs) * min(_mcnemar(stored, now, *pair) for pair in pairs))
    found = f"{differ:,} predictions are others; exact McNemar over seeds: p = {p:.2g}"
    return ("agrees" if p >= ALPHA else "differs"), found


def _n_differ(then: Run, now: Run) -> int:
    if then.predictions is None or now.predictions is None:
        return 0
    return int((unpack(then.predictions) != unpack(now.predictions)).sum())


def _mcnemar(stored: Results, now: Results, then: Run, today: Run) -> float:
    right = judging.correct(stored, then), judging.correct(now, today)
    return mcnemar_exact(*right).p


def _libraries(run: Run) -> list[tuple[Any, ...]]:
    keys = ("library", "version", "architecture", "n_threads")
    return sorted(tuple(str(pool.get(k)) for k in keys) for pool in run.thread_pools)


def _speed(
    before: Verdicts, after: Verdicts, row_then: Judged, row_now: Judged
) -> Finding | None:
    then, today = row_then.speed, row_now.speed
    if then is None or today is None:
        return None
    machines = [v.results.environment.get("processor") for v in (before, after)]
    judgement: Judgement = "not judged"
    if machines[0] != machines[1]:
        reason = "another machine"
    elif "too noisy" in (then.verdict, today.verdict):
        reason = "too noisy to judge"
    elif then.ratio.low is None or today.ratio.low is None:
        reason = "one seed has no interval"
    else:
        judgement = "agrees" if _overlap(then.ratio, today.ratio) else "differs"
        reason = f"intervals, widened by {100 * SPEED_MARGIN:.0f} %,"
        reason += " overlap" if judgement == "agrees" else " do not overlap"
    same = before.is_ranked(row_then) and after.is_ranked(row_now)
    return Finding(
        row_then.label,
        f"speed against {before.baseline.short}" + ("" if same else f" ({OTHER})"),
        ratio.short(then.ratio),
        ratio.short(today.ratio),
        judgement,
        reason,
    )


def _overlap(then: RatioInterval, now: RatioInterval) -> bool:
    """Say whether the intervals, each a little widened, meet."""
    if then.low is None or then.high is None or now.low is None or now.high is None:
        return False
    widen = 1 + SPEED_MARGIN
    return now.low <= then.high * widen and then.low <= now.high * widen
