"""From results to what may be said about them: the statistics, applied once.

A round of the statistics is one seed: its processes are started together and their
epochs interleaved. Only rounds that both rows have completed are compared, and a run
that failed counts nowhere. A row that computes something else keeps its figures, but is
not ranked.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compare import registry
from compare.record.plan import Row
from compare.record.results import Results, Run, unpack
from compare.record.verdicts import (
    Absence,
    Failure,
    Judged,
    Lead,
    SlowKernels,
    Verdicts,
)
from compare.statistics import (
    AccuracyVerdict,
    ControlVerdict,
    Noise,
    SpeedVerdict,
    accuracy_verdict,
    control_verdict,
    machine_is_busy,
    noise,
    speed_verdict,
    summary,
)

# The same resamples for the same results: a report made again says the same.
BOOTSTRAP_SEED = 0
# OpenBLAS's names of its kernels for AVX-512, as threadpoolctl reports them.
OPENBLAS_AVX512 = ("SkylakeX", "Cooperlake", "SapphireRapids")


def judge(results: Results, *, baseline: str | None = None) -> Verdicts:
    """Return every verdict of a comparison.

    `baseline` is the label of the row to compare with; by default torch where it takes
    part, else the first row that was timed.
    """
    base = _row(results, baseline) if baseline else _baseline(results)
    rows = tuple(_judged(results, row, base) for row in results.plan.rows)
    return Verdicts(
        results=results,
        rows=rows,
        baseline=base,
        control=_control(results),
        busy_load=_busy_load(results),
        slow_kernels=_slow_kernels(results),
        lead=_lead(results, rows),
    )


def _judged(results: Results, row: Row, base: Row) -> Judged:
    runs, complete = counted(results, row), results.complete_runs_of(row.label)
    pools = [pool for run in results.runs_of(row.label) for pool in run.thread_pools]
    wanted = results.plan.n_threads
    return Judged(
        row=row,
        runs=tuple(runs),
        complete=tuple(complete),
        is_closed=is_closed(results, row),
        timing=summary([run.train_seconds for run in runs]) if runs else None,
        mean_accuracy=_mean_accuracy(complete),
        speed=None if row == base else _speed(results, row, base),
        accuracy=None if row == base else _accuracy(results, row, base),
        noise=tuple(_noise(runs)),
        threads={
            p["library"]: p["n_threads"] for p in pools if p["n_threads"] > wanted
        },
        failures=tuple(_failures(results, row)),
        absence=None if complete else _absence(results, row),
    )


def counted(results: Results, row: Row) -> list[Run]:
    """Return the runs of a row that count: with an epoch, and not failed."""
    runs = results.runs_of(row.label)
    return [run for run in runs if run.epochs and run.status != "failed"]


def is_closed(results: Results, row: Row) -> bool:
    """Say whether a row passed the parity gate, or was never judged by it."""
    status = {p.implementation: p.status for p in results.parity}
    return status.get(row.name) not in ("different", "failed")


def correct(results: Results, run: Run) -> NDArray[np.bool_]:
    """Return for each test image whether a complete run got it right."""
    if run.predictions is None or results.test_labels is None:
        raise ValueError(f"the run of {run.implementation} has no predictions")
    right: NDArray[np.bool_] = unpack(run.predictions) == unpack(results.test_labels)
    return right


def _row(results: Results, label: str) -> Row:
    return next(row for row in results.plan.rows if row.label == label)


def _baseline(results: Results) -> Row:
    rows = results.plan.rows
    timed = [row for row in rows if counted(results, row)]
    # One that computes something else is a last resort.
    timed = [row for row in timed if is_closed(results, row)] or timed
    torch = Row("torch")
    if torch in (timed or rows):
        return torch
    return (timed or rows)[0]


def _speed(results: Results, row: Row, base: Row) -> SpeedVerdict | None:
    pairs = _common_epochs(results, base, row)
    if not pairs:
        return None
    return speed_verdict(
        base.short,
        row.short,
        [theirs for theirs, _ in pairs],
        [ours for _, ours in pairs],
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )


def _accuracy(results: Results, row: Row, base: Row) -> AccuracyVerdict | None:
    ours = {run.seed: run for run in results.complete_runs_of(row.label)}
    theirs = {run.seed: run for run in results.complete_runs_of(base.label)}
    seeds = [seed for seed in results.plan.seeds if seed in ours and seed in theirs]
    if not seeds or results.test_labels is None:
        return None
    return accuracy_verdict(
        row.short,
        base.short,
        np.stack([correct(results, ours[seed]) for seed in seeds]),
        np.stack([correct(results, theirs[seed]) for seed in seeds]),
    )


def _lead(results: Results, rows: Sequence[Judged]) -> Lead | None:
    ranked = [
        (row.timing.median, row)
        for row in rows
        if row.timing and row.is_closed and not row.row.is_control
    ]
    if len(ranked) < 3:
        return None
    first, *others = [row for _, row in sorted(ranked, key=lambda pair: pair[0])]
    beside = [(row, _speed(results, first.row, row.row)) for row in others]
    slower = [speed for _, speed in beside if speed and speed.verdict == "faster"]
    if not slower:
        return None
    behind = ("faster", "too noisy")
    front = [row for row, speed in beside if not speed or speed.verdict not in behind]
    return Lead((first, *front), slower[0], len(ranked))


def _mean_accuracy(complete: Sequence[Run]) -> float | None:
    found = [run.test_accuracy for run in complete if run.test_accuracy is not None]
    return float(np.mean(found)) if found else None


def _control(results: Results) -> ControlVerdict | None:
    control = next((row for row in results.plan.rows if row.is_control), None)
    if control is None:
        return None
    first = Row(control.name)
    pairs = _common_epochs(results, first, control)
    if not pairs:
        return None
    return control_verdict(
        first.short,
        [one for one, _ in pairs],
        [other for _, other in pairs],
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )


def _noise(runs: Sequence[Run]) -> list[Noise]:
    if not runs:
        return []
    cpu = [[record.cpu_seconds for record in run.epochs] for run in runs]
    on_cpu = all(run.device == "cpu" for run in runs)
    return noise(
        [run.train_seconds for run in runs], cpu_seconds=cpu if on_cpu else None
    )


def _failures(results: Results, row: Row) -> list[Failure]:
    """Return the failures of a row, once for seeds that failed alike."""
    alike: dict[tuple[int | None, str], list[int]] = {}
    for run in results.runs_of(row.label):
        if run.status == "failed":
            n: int | None = len(run.epochs)
            if n == results.plan.n_epochs or run.stopped_early:
                n = None
            alike.setdefault((n, run.reason), []).append(run.seed)
    return [Failure(tuple(seeds), n, reason) for (n, reason), seeds in alike.items()]


def _absence(results: Results, row: Row) -> Absence:
    if row.label in results.unsupported:
        return Absence("unsupported", results.unsupported[row.label])
    for run in results.runs_of(row.label):
        if run.status == "failed":
            return Absence("failed", run.reason)
    return Absence("interrupted" if counted(results, row) else "not begun")


def _busy_load(results: Results) -> float | None:
    load = results.environment.get("load_average_at_start")
    if load is None:
        return None
    n_cores = results.environment["usable_cores"]
    return load if machine_is_busy(load_average=load, n_cores=n_cores) else None


def _slow_kernels(results: Results) -> tuple[SlowKernels, ...]:
    if not results.environment.get("avx512"):
        return ()
    users: dict[tuple[str, str], dict[str, None]] = {}
    for row in results.plan.rows:
        entry = registry.engine(row.name)
        if entry is not None and "blas" not in entry.framework.threads:
            continue
        for run in results.runs_of(row.label):
            for pool in run.thread_pools:
                slow = pool.get("architecture") not in (None, *OPENBLAS_AVX512)
                if pool["library"] == "openblas" and slow:
                    kernels = str(pool.get("version")), pool["architecture"]
                    users.setdefault(kernels, {})[row.short] = None
    return tuple(
        SlowKernels(version, architecture, tuple(names))
        for (version, architecture), names in sorted(users.items())
    )


def _common_epochs(
    results: Results, a: Row, b: Row
) -> list[tuple[list[float], list[float]]]:
    """Return per seed the times of the epochs that both rows have."""
    times_a, times_b = (
        {run.seed: run.train_seconds for run in counted(results, row)} for row in (a, b)
    )
    pairs = []
    for seed in results.plan.seeds:
        ours, theirs = times_a.get(seed, []), times_b.get(seed, [])
        n = min(len(ours), len(theirs))
        if n:
            pairs.append((ours[:n], theirs[:n]))
    return pairs
