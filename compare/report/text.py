"""What the main command prints: a heading, and two tables with a row each."""

from collections.abc import Callable

from compare.record.plan import Plan
from compare.record.results import Costs, Results, costs
from compare.record.verdicts import Judged, Verdicts
from compare.report import stopping
from compare.show import ratio, units
from compare.show.columns import Cell, Column, Remark, Row
from compare.show.columns import render as table
from compare.show.words import count
from compare.statistics import MIN_ROUNDS

OTHER = "another computation"
ABSENT = {
    "unsupported": "n/a: {}",
    "failed": "failed: {}",
    "interrupted": "interrupted before its end",
    "not begun": "not measured: interrupted before its first epoch",
}


def heading(plan: Plan) -> str:
    """Return what is going to be measured, before anything is."""
    hp = plan.hyper_parameters
    training = [hp.activation, hp.optimizer, f"learning rate {hp.learning_rate:g}"]
    if hp.optimizer == "sgd" and hp.momentum:
        kind = "Nesterov momentum" if hp.nesterov else "momentum"
        training.append(f"{kind} {hp.momentum:g}")
    if hp.weight_decay:
        training.append(f"weight decay {hp.weight_decay:g}")
    training += [*_open_division(plan), f"batches of {hp.batch_size}", hp.dtype]
    training.append(plan.init)
    return (
        f"{hp.architecture}, {hp.n_params:,} parameters: {', '.join(training)}.\n"
        f"{count(len(plan.seeds), 'seed')} × {stopping.length(plan)}, "
        f"{count(plan.n_threads, 'thread')} each: "
        f"{', '.join(row.short for row in plan.rows)}.\n"
    )


def _open_division(plan: Plan) -> list[str]:
    """Return what departs from the closed division, in words."""
    hp = plan.hyper_parameters
    found = []
    if hp.schedule != "constant":
        found.append(f"{hp.schedule} schedule")
    if hp.warmup_epochs:
        epochs = "epoch" if hp.warmup_epochs == 1 else "epochs"
        found.append(f"warm-up over {hp.warmup_epochs:g} {epochs}")
    if hp.label_smoothing:
        found.append(f"labels smoothed by {hp.label_smoothing:g}")
    if hp.dropout:
        found.append(f"dropout {hp.dropout:g}")
    if hp.gradient_clip:
        found.append(f"gradients clipped at {hp.gradient_clip:g}")
    if hp.ema_decay:
        found.append(f"weights averaged with {hp.ema_decay:g}")
    if plan.augmentation is not None:
        found.append("deformed images")
    return found


def data_line(results: Results) -> str:
    """Return what was loaded."""
    data = results.data
    notes = "".join(f"note: {note}.\n" for note in data.get("notes", ()))
    return (
        f"{data['source']}: {data['n_train']:,} training, {data['n_val']:,} validation "
        f"and {data['n_test']:,} test images.\n{notes}"
    )


def tables(found: Verdicts) -> str:
    """Return the two tables of the comparison."""
    return f"\n{training_table(found)}\n{costs_table(found)}"


def training_table(found: Verdicts) -> str:
    """Return accuracy and speed of training."""
    same = [row for row in found.rows if row.is_closed]
    other = [row for row in found.rows if not row.is_closed]
    rows = [training_row(found, row) for row in same]
    if other:
        rows.append(Remark("", "— below: not the same computation (see parity) —"))
        rows += [training_row(found, row) for row in other]
    return table(training_columns(found), rows)


def training_columns(found: Verdicts) -> list[Column]:
    """Return what `training_row` fills."""
    return [
        Column("implementation"),
        Column("test accuracy", "%, mean ± sd", right=True),
        Column("validation", "%, mean ± sd", right=True),
        Column("train, s per epoch", "median (quartiles)", right=True),
        Column("images", "per second", right=True),
        Column(
            f"speed against {found.baseline.short}", "ratio (95 % interval)", right=True
        ),
    ]


def training_row(found: Verdicts, row: Judged) -> Row:
    """Return the cells of one row, or why it has none."""
    if row.timing is None:
        return Remark(row.short, why_empty(row))
    time = row.timing
    per_second = found.results.data["n_train"] / time.median
    return [
        Cell(row.short),
        units.mean_sd_percent(row.tested) if row.tested else Cell("unfinished"),
        units.mean_sd_percent(row.validated),
        Cell(f"{time.median:.3f}", f"{time.q1:.3f}–{time.q3:.3f}", value=time.median),
        Cell(f"{per_second:,.0f}", value=per_second),
        _speed(found, row),
    ]


def _speed(found: Verdicts, row: Judged) -> Cell:
    if row.row == found.baseline:
        return Cell("1", value=1.0)
    if row.speed is None:
        return Cell("n/a")
    apart = "" if found.is_ranked(row) else OTHER
    if row.speed.verdict == "too noisy":
        return Cell("too noisy to rank", remark=apart)
    limits = ratio.interval(row.speed.ratio)
    if row.speed.verdict == "not enough data":
        limits = f"needs {MIN_ROUNDS} seeds"
    is_fastest = found.fastest is row
    return Cell(
        ratio.figure(row.speed.ratio),
        limits,
        apart,
        row.speed.ratio.ratio,
        "good" if is_fastest else "",
    )


def costs_table(found: Verdicts) -> str:
    """Return what else it costs to use each implementation."""
    return table(costs_columns(found), [costs_row(row) for row in found.rows])


def costs_columns(found: Verdicts) -> list[Column]:
    """Return what `costs_row` fills."""
    return [
        Column("implementation"),
        Column("one image", "median", right=True),
        Column(f"{found.results.data['n_test']:,} images", "median", right=True),
        Column("peak memory", "data included", right=True),
        Column("import", "median", right=True),
        Column("first calls", "off the clock", right=True),
    ]


def costs_row(row: Judged) -> Row:
    """Return the cells of one row, or why it has none."""
    if row.absence:
        return Remark(row.short, why_empty(row))
    return [Cell(row.short), *_costs(costs(row.complete))]


def _costs(found: Costs) -> list[Cell]:
    return [
        _seconds(found.one_image_seconds),
        _seconds(found.test_set_seconds),
        _shown(found.peak_memory_bytes, units.mebibytes),
        _seconds(found.import_seconds),
        _seconds(found.warm_up_seconds),
    ]


def _seconds(value: float | None) -> Cell:
    return _shown(value, units.seconds)


def _shown(value: float | None, words: Callable[[float], str]) -> Cell:
    return Cell("n/a") if value is None else Cell(words(value), value=value)


def why_empty(row: Judged) -> str:
    """Return why a row has no figures."""
    if row.absence is None:
        raise ValueError(f"{row.short} has figures")
    return ABSENT[row.absence.kind].format(row.absence.reason)


def named(row: Judged) -> str:
    """Return the name of a row, with a word if it is another computation."""
    return row.short + ("" if row.is_closed else f" ({OTHER})")
