"""What the main command prints: a heading, and two tables with a row each."""

import statistics

from compare.record import verdicts
from compare.record.plan import Plan, short
from compare.record.results import Results, Run
from compare.report import stopping
from compare.show import units
from compare.show.columns import Column
from compare.show.columns import render as table
from compare.show.words import count
from compare.statistics import MIN_ROUNDS


def heading(plan: Plan) -> str:
    """Return what is going to be measured, before anything is."""
    hp = plan.hyper_parameters
    sizes = "-".join(map(str, hp.layer_sizes))
    training = [hp.activation, hp.optimizer, f"learning rate {hp.learning_rate:g}"]
    if hp.optimizer == "sgd" and hp.momentum:
        kind = "Nesterov momentum" if hp.nesterov else "momentum"
        training.append(f"{kind} {hp.momentum:g}")
    if hp.weight_decay:
        training.append(f"weight decay {hp.weight_decay:g}")
    training += [f"batches of {hp.batch_size}", hp.dtype, plan.init]
    return (
        f"{sizes}, {hp.n_params:,} parameters: {', '.join(training)}.\n"
        f"{count(len(plan.seeds), 'seed')} × {stopping.length(plan)}, "
        f"{count(plan.n_threads, 'thread')} each: "
        f"{', '.join(map(short, plan.implementations))}.\n"
    )


def data_line(results: Results) -> str:
    """Return what was loaded."""
    data = results.data
    return (
        f"{data['source']}: {data['n_train']:,} training, {data['n_val']:,} validation "
        f"and {data['n_test']:,} test images.\n"
    )


def tables(results: Results) -> str:
    """Return the two tables of the comparison."""
    return f"\n{training_table(results)}\n{costs_table(results)}"


def training_table(results: Results) -> str:
    """Return accuracy and speed of training."""
    same, other = by_division(results)
    rows = [training_row(results, label) for label in same]
    if other:
        rows.append(["", "— below: not the same computation (see parity) —"])
        rows += [training_row(results, label) for label in other]
    return table(training_columns(results), rows)


def training_columns(results: Results) -> list[Column]:
    """Return what `training_row` fills."""
    baseline = verdicts.baseline(results)
    return [
        Column("implementation"),
        Column("test accuracy", "%, mean ± sd", right=True),
        Column("validation", "%, mean ± sd", right=True),
        Column("train, s per epoch", "median (quartiles)", right=True),
        Column("images", "per second", right=True),
        Column(f"speed against {baseline}", "ratio (95 % interval)", right=True),
    ]


def by_division(results: Results) -> tuple[list[str], list[str]]:
    """Return the rows that passed the parity gate, and those that did not."""
    same: list[str] = []
    other: list[str] = []
    for label in results.plan.implementations:
        (same if verdicts.is_closed(results, label) else other).append(label)
    return same, other


def training_row(results: Results, label: str) -> list[str]:
    """Return the cells of one row; two of them, if it has no figures."""
    runs = verdicts.counted(results, label)
    if not runs:
        return [short(label), why_empty(results, label)]
    summary = verdicts.timing(runs)
    accuracies = [r.test_accuracy for r in runs if r.test_accuracy is not None]
    # After a Ctrl-C, accuracies of different epochs must not be averaged.
    ended = [run for run in runs if run.status == "complete"] or runs
    return [
        short(label),
        units.mean_sd_percent(accuracies) if accuracies else "unfinished",
        units.mean_sd_percent([r.kept.val_accuracy for r in ended]),
        f"{summary.median:.3f} ({summary.q1:.3f}–{summary.q3:.3f})",
        f"{results.data['n_train'] / summary.median:,.0f}",
        _ratio(results, label),
    ]


def _ratio(results: Results, label: str) -> str:
    base = verdicts.baseline(results)
    if label == base:
        return "1"
    speed = verdicts.speed(results, label)
    if speed is None:
        return "n/a"
    interval = speed.ratio
    figure = f"{interval.ratio:.2f}"
    if speed.verdict == "too noisy":
        figure, detail = "too noisy to rank", ""
    elif speed.verdict == "not enough data":
        detail = f"needs {MIN_ROUNDS} seeds"
    else:
        detail = f"{interval.low:.2f}–{interval.high:.2f}"
    apart = "" if verdicts.is_same(results, label, base) else verdicts.OTHER
    details = "; ".join(filter(None, [detail, apart]))
    return f"{figure} ({details})" if details else figure


def costs_table(results: Results) -> str:
    """Return what else it costs to use each implementation."""
    rows = [costs_row(results, label) for label in results.plan.implementations]
    return table(costs_columns(results), rows)


def costs_columns(results: Results) -> list[Column]:
    """Return what `costs_row` fills."""
    return [
        Column("implementation"),
        Column("one image", "median", right=True),
        Column(f"{results.data['n_test']:,} images", "median", right=True),
        Column("peak memory", "data included", right=True),
        Column("import", "median", right=True),
        Column("first calls", "off the clock", right=True),
    ]


def costs_row(results: Results, label: str) -> list[str]:
    """Return the cells of one row; two of them, if it has no figures."""
    runs = results.complete_runs_of(label)
    return [short(label), *(_costs(runs) if runs else [why_empty(results, label)])]


def _costs(runs: list[Run]) -> list[str]:
    def middle(name: str) -> float:
        return float(statistics.median(getattr(run, name) for run in runs))

    return [
        units.seconds(middle("one_image_seconds")),
        units.seconds(middle("test_set_seconds")),
        units.mebibytes(middle("peak_memory_bytes")),
        units.seconds(middle("import_seconds")),
        units.seconds(middle("warm_up_seconds")),
    ]


def why_empty(results: Results, label: str) -> str:
    """Return why a row has no figures."""
    if label in results.unsupported:
        return f"n/a: {results.unsupported[label]}"
    for run in results.runs_of(label):
        if run.status == "failed":
            return f"failed: {run.reason}"
    if any(run.epochs for run in results.runs_of(label)):
        return "interrupted before its end"
    return "not measured: interrupted before its first epoch"
