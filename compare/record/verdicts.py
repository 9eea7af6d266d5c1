"""From results to what may be said about them: the statistics, applied to the rows.

A round of the statistics is one seed: its processes are started together and their
epochs interleaved. Only rounds that both rows have completed are compared, and a run
that failed counts nowhere: `warnings` says that it did. A row that computes something
else keeps its figures, but every sentence about them says so.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from compare import registry
from compare.measure.kernels import OPENBLAS_AVX512
from compare.record.plan import CONTROL, name_of, short
from compare.record.results import Results, Run, unpack
from compare.show.words import listed
from compare.statistics import (
    AccuracyVerdict,
    ControlVerdict,
    SpeedVerdict,
    TimingSummary,
    accuracy_verdict,
    control_verdict,
    machine_warnings,
    measured,
    noise_warnings,
    speed_verdict,
    summary,
)

# The same resamples for the same results: a report made again says the same.
BOOTSTRAP_SEED = 0
OTHER = "another computation"
# Verdicts that say who is faster, or that nobody is.
RANKED = ("faster", "slower", "same")


def baseline(results: Results) -> str:
    """Return the row that speed is measured against: torch where it takes part."""
    labels = list(results.plan.implementations)
    timed = [label for label in labels if counted(results, label)]
    # One that computes something else is a last resort.
    timed = [label for label in timed if is_closed(results, label)] or timed
    if "torch" in timed or not timed:
        return "torch" if "torch" in labels else labels[0]
    return timed[0]


def counted(results: Results, label: str) -> list[Run]:
    """Return the runs of a row that count: those that have an epoch and did not fail.

    What a run took and reached until it failed is no result.
    """
    return [r for r in results.runs_of(label) if r.epochs and r.status != "failed"]


def is_closed(results: Results, label: str) -> bool:
    """Say whether a row passed the parity gate, or was never judged by it."""
    status = {p.implementation: p.status for p in results.parity}
    return status.get(name_of(label)) not in ("different", "failed")


def is_same(results: Results, a: str, b: str) -> bool:
    """Say whether two rows compute the same thing, as far as the parity gate says."""
    return is_closed(results, a) and is_closed(results, b)


def named(results: Results, label: str) -> str:
    """Return the name of a row for print, with a word if it is another computation."""
    return short(label) + ("" if is_closed(results, label) else f" ({OTHER})")


def timing(runs: Sequence[Run]) -> TimingSummary:
    """Return median and quartiles of all epochs of these runs."""
    return summary([run.train_seconds for run in runs if run.epochs])


def speed(
    results: Results, label: str, against: str | None = None
) -> SpeedVerdict | None:
    """Return what may be said of a row's speed, or None without a common round.

    The sentence ranks nobody if the two rows do not compute the same thing.
    """
    against = against or baseline(results)
    pairs = _common_epochs(results, against, label)
    if not pairs:
        return None
    found = speed_verdict(
        short(against),
        short(label),
        [theirs for theirs, _ in pairs],
        [ours for _, ours in pairs],
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )
    if is_same(results, label, against):
        return found
    return replace(found, sentence=_unranked(found))


def _unranked(found: SpeedVerdict) -> str:
    apart = f"{found.name} is {OTHER} than {found.baseline_name}"
    if found.verdict not in RANKED:
        return f"{found.sentence}; {apart}"
    return f"{apart} and not ranked with it (speed ratio {measured(found.ratio)})"


def accuracy(results: Results, a: str, b: str) -> AccuracyVerdict | None:
    """Return what may be said of the test accuracy of two rows, or None."""
    runs_a = {run.seed: run for run in results.complete_runs_of(a)}
    runs_b = {run.seed: run for run in results.complete_runs_of(b)}
    seeds = [seed for seed in results.plan.seeds if seed in runs_a and seed in runs_b]
    if not seeds or results.test_labels is None:
        return None
    found = accuracy_verdict(
        short(a),
        short(b),
        np.stack([correct(results, runs_a[seed]) for seed in seeds]),
        np.stack([correct(results, runs_b[seed]) for seed in seeds]),
    )
    if is_same(results, a, b):
        return found
    words = f"{found.sentence}; {found.name_a} is {OTHER} than {found.name_b}"
    return replace(found, sentence=words)


def correct(results: Results, run: Run) -> NDArray[np.bool_]:
    """Return for each test image whether a complete run got it right."""
    if run.predictions is None or results.test_labels is None:
        raise ValueError(f"the run of {run.implementation} has no predictions")
    right: NDArray[np.bool_] = unpack(run.predictions) == unpack(results.test_labels)
    return right


def mean_accuracy(results: Results, label: str) -> float:
    """Return the mean test accuracy over the seeds that came to their end."""
    runs = results.complete_runs_of(label)
    return float(np.mean([run.test_accuracy for run in runs]))


def controls(results: Results) -> list[str]:
    """Return the rows that repeat another for the A/A control."""
    return [n for n in results.plan.implementations if n.endswith(f" ({CONTROL})")]


def control(results: Results) -> ControlVerdict | None:
    """Return the verdict of the A/A control, if the plan has one."""
    labels = controls(results)
    if not labels:
        return None
    name = name_of(labels[0])
    pairs = _common_epochs(results, name, labels[0])
    if not pairs:
        return None
    return control_verdict(
        name,
        [first for first, _ in pairs],
        [second for _, second in pairs],
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )


def warnings(results: Results) -> list[str]:
    """Return everything that makes the figures doubtful, as sentences."""
    found = failures(results)
    load = results.environment.get("load_average_at_start")
    if load is not None:
        cores = results.environment["usable_cores"]
        found += machine_warnings(load_average=load, n_cores=cores)
    for label in results.plan.implementations:
        runs = counted(results, label)
        if runs:
            cpu = [[record.cpu_seconds for record in run.epochs] for run in runs]
            on_cpu = registry.device_of(name_of(label)) == "cpu"
            found += noise_warnings(
                short(label),
                [run.train_seconds for run in runs],
                cpu_seconds=cpu if on_cpu else None,
            )
        found += _thread_warnings(results, label)
    return found + _kernel_warnings(results)


def failures(results: Results, *only: str) -> list[str]:
    """Return which runs failed, where and why; once for seeds that failed alike.

    Of the rows named, or of all.
    """
    seeds: dict[tuple[str, str, str], list[str]] = {}
    for label in only or results.plan.implementations:
        for run in results.runs_of(label):
            if run.status == "failed":
                alike = short(label), _place(run, results.plan.n_epochs), run.reason
                seeds.setdefault(alike, []).append(str(run.seed))
    return [
        f"{name}, {'seed' if len(which) == 1 else 'seeds'} {listed(which)}: failed "
        f"{place} ({reason}); counted in no average, time or figure"
        for (name, place, reason), which in seeds.items()
    ]


def _place(run: Run, n_epochs: int) -> str:
    """Return how far a failed run came; its warm-up belongs to the first epoch."""
    n = len(run.epochs)
    if n == 0:
        return "before the end of its first epoch"
    if n == n_epochs or run.stopped_early:
        return "after its last epoch"
    return f"in epoch {n + 1} of {n_epochs}"


def _kernel_warnings(results: Results) -> list[str]:
    """Name OpenBLAS kernels that leave half of the processor unused."""
    if not results.environment.get("avx512"):
        return []
    users: dict[str, list[str]] = {}
    for label in results.plan.implementations:
        entry = registry.engine(name_of(label))
        if entry is not None and "blas" not in entry.framework.threads:
            continue
        pools = [pool for run in results.runs_of(label) for pool in run.thread_pools]
        for pool in pools:
            slow = pool.get("architecture") not in (None, *OPENBLAS_AVX512)
            if pool["library"] == "openblas" and slow:
                library = (
                    f"OpenBLAS {pool.get('version')} with its {pool['architecture']} "
                    "kernels"
                )
                names = users.setdefault(library, [])
                names += [short(label)] if short(label) not in names else []
    return [
        f"{listed(names)} use{'s' if len(names) == 1 else ''} {library} on a processor "
        "with AVX-512, at about half of its speed: a newer NumPy may know the processor"
        for library, names in sorted(users.items())
    ]


def _thread_warnings(results: Results, label: str) -> list[str]:
    wanted = results.plan.n_threads
    pools = [pool for run in results.runs_of(label) for pool in run.thread_pools]
    wrong = {p["library"]: p["n_threads"] for p in pools if p["n_threads"] > wanted}
    return [
        f"{short(label)}: {library} reports {n} threads where {wanted} were asked for: "
        "its times are not comparable"
        for library, n in wrong.items()
    ]


def _common_epochs(
    results: Results, a: str, b: str
) -> list[tuple[list[float], list[float]]]:
    """Return per seed the times of the epochs that both rows have."""
    runs_a, runs_b = _times(results, a), _times(results, b)
    pairs = []
    for seed in results.plan.seeds:
        times_a, times_b = runs_a.get(seed, []), runs_b.get(seed, [])
        n = min(len(times_a), len(times_b))
        if n:
            pairs.append((times_a[:n], times_b[:n]))
    return pairs


def _times(results: Results, label: str) -> dict[int, list[float]]:
    return {run.seed: run.train_seconds for run in counted(results, label)}
