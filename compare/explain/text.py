"""An explanation in words and tables: first the sentence, then what it rests on."""

from compare.explain.effects import Effect, Explanation
from compare.explain.record import Record
from compare.explain.times import Factor
from compare.show import units
from compare.show.columns import Column, Remark, Row, render
from compare.show.terminal import bullets, prose
from compare.show.words import between, count, listed
from compare.statistics import MIN_SEEDS, MeanInterval

NOTHING = "no effect beyond chance"
TOO_FEW = (
    f"With fewer than {MIN_SEEDS} seeds, nobody can say which setting it comes from"
)
# A run is out of line if it is so far below all others.
FAR_BELOW = 0.01


def heading(record: Record) -> str:
    """Return what is going to be compared."""
    c = record.first.configuration
    both = c.optimizer == record.second.configuration.optimizer
    return (
        f"{record.first.engine} and {record.second.engine}, each as "
        f"{record.first.framework} and {record.second.framework} decide when nobody "
        f"says anything; {record.architecture}, {record.activation}"
        f"{f', {c.optimizer}' if both else ''}, {record.data['n_train']:,} images of "
        f"{record.data['source']}.\n\n"
    )


def answer(record: Record) -> str:
    """Return everything that was found, for the terminal."""
    found = record.explanation()
    said = prose(f"{same_lines(record)}\n{sentence(record, found)}")
    parts = [f"\n{said}\n"]
    if found.effects:
        parts.append(f"\n{effects_table(record, found)}")
    return "".join([*parts, "\n", bullets(notes(record))])


def differences_table(record: Record) -> str:
    """Return the two trainings side by side, differences only."""
    first, second = record.first, record.second
    columns = [
        Column("setting"),
        Column(first.engine),
        Column("", "says"),
        Column(second.engine),
        Column("", "says"),
    ]
    lines = [
        [
            setting.name,
            setting.show(first.configuration),
            first.names.get(setting.name, ""),
            setting.show(second.configuration),
            second.names.get(setting.name, ""),
        ]
        for setting in record.settings
    ]
    return render(columns, lines)


def same_lines(record: Record) -> str:
    """Return whether the engines compute the same, a line each."""
    lines = []
    for same in record.same:
        if same.difference is None:
            lines.append(f"{same.engine}: not tried ({same.reason})")
        elif same.passed:
            lines.append(
                f"{same.engine} computes what the network by hand computes: weights "
                f"equal to {same.difference:.0e} after 50 steps in float64"
            )
        else:
            lines.append(
                f"{same.engine} computes something else: weights {same.difference:.0e} "
                f"apart after 50 steps in float64 (tolerance {same.tolerance:g}). "
                "The effects below are those of the settings alone."
            )
    return "".join(f"{line}\n" for line in lines)


def sentence(record: Record, found: Explanation) -> str:
    """Return what the whole table says, in two or three sentences."""
    first, second = record.first.engine, record.second.engine
    accuracies = [record.ablation.accuracy(key) for key in ("first", "second")]
    if found.total is None or accuracies[0] is None or accuracies[1] is None:
        return "No seed was completed: nothing can be said yet."
    reached = (
        f"{first} reaches {units.percent(accuracies[0])} %, {second} "
        f"{units.percent(accuracies[1])} %"
    )
    total = found.total
    if not found.effects:
        return f"{reached}: the two trainings have the same settings."
    if total.contains_zero is None:
        return (
            f"{reached}: {_signed(total.mean)} points. One seed has no interval, so "
            "which part of it is chance cannot be said."
        )
    lead = f"{reached}: {_signed(total.mean)} points {interval(total)}"
    if total.n_seeds < MIN_SEEDS:
        return f"{lead}. {TOO_FEW}."
    if total.contains_zero:
        lead += ", which chance alone may explain"
    clear = [
        e for e in found.effects if e.verdict in ("more accurate", "less accurate")
    ]
    parts = [f"{_signed(e.both.mean)} from the {e.setting}" for e in clear if e.both]
    if not parts:
        return f"{lead}. No setting alone has an effect beyond chance."
    rest = found.interactions
    sentences = [f"{lead}. Of these come {listed(parts)}"]
    if rest is not None and not rest.contains_zero:
        sentences[0] += (
            f"; {_signed(rest.mean)} belong to settings that work only together"
        )
        return f"{sentences[0]}. What is left is chance."
    return f"{sentences[0]}; the rest is chance."


def effects_table(record: Record, found: Explanation) -> str:
    """Return one row per setting: alone, switched off, both, and time if measured."""
    columns = [
        Column("setting"),
        Column(f"{record.first.engine} → {record.second.engine}"),
        Column("on alone", "points", right=True),
        Column("off alone", "points", right=True),
        Column("effect", "points (95 % interval)", right=True),
        Column(""),
        Column("time", "× (95 % interval)", right=True),
    ]
    lines = [*_setting_lines(record, found), *_closing_lines(record, found)]
    if record.times.total is None:
        columns = columns[:-1]
        lines = [ln if isinstance(ln, Remark) else ln[:-1] for ln in lines]
    return render(columns, lines)


def _setting_lines(record: Record, found: Explanation) -> list[Row]:
    lines: list[Row] = []
    for effect in found.effects:
        if effect.both is None:
            lines.append(Remark(effect.setting, _why(effect, record)))
            continue
        time = record.times.settings.get(effect.setting)
        change = f"{effect.first} → {effect.second}"
        lines.append(
            [
                *(effect.setting, change, mean(effect.on), mean(effect.off)),
                *_points(effect.both),
                factor(time),
            ]
        )
    return lines


def _closing_lines(record: Record, found: Explanation) -> list[Row]:
    """Return the engine, what settings do only together, and the sum of all."""
    times, rest, total = record.times, found.interactions, found.total
    engine = ["the engine itself", "", "", "", _engine_word(record), ""]
    lines: list[Row] = [[*engine, factor(times.engine)]]
    if rest is not None:
        name = ["interactions", "what settings do only together", "", ""]
        time = Factor(times.rest) if times.rest else None
        lines.append([*name, *_points(rest), factor(time)])
    if total is not None:
        name = ["total", f"{record.first.engine} → {record.second.engine}", "", ""]
        lines.append([*name, *_points(total), factor(times.total)])
    return lines


def _points(found: MeanInterval) -> tuple[str, str]:
    return f"{_signed(found.mean)} {interval(found)}", _word(found)


def _engine_word(record: Record) -> str:
    return "0.00" if record.same and all(s.passed for s in record.same) else "?"


def notes(record: Record) -> list[str]:
    """Return what the numbers mean."""
    ablation, times = record.ablation, record.times
    n_train, n_test = record.data["n_train"], record.data["n_test"]
    found = [
        f"{count(len(ablation.seeds), 'seed')}, {n_train:,} training and {n_test:,} "
        "test images; intervals are for other seeds and other images. Of "
        "twenty intervals one misses by chance.",
        "On alone: the first training with this one setting of the second. Off alone: "
        "what the second loses without it. The effect is the mean of both; effects, "
        "interactions and the engine add up to the total, and time factors multiply.",
    ]
    found += out_of_line(record)
    if times.first_seconds is not None and times.second_seconds is not None:
        found.append(
            f"A whole training takes {units.seconds(times.first_seconds)} in "
            f"{record.first.engine} ({_epochs(record, 'first')}) and "
            f"{units.seconds(times.second_seconds)} in {record.second.engine} "
            f"({_epochs(record, 'second')}), one thread."
        )
    elif times.reason:
        found.append(f"No times: {times.reason}.")
    if len(ablation.seeds) < record.n_seeds_planned:
        why = "interrupted" if ablation.interrupted else "the budget was spent"
        found.append(
            f"{len(ablation.seeds)} of {count(record.n_seeds_planned, 'seed')} are "
            f"complete: {why}. A larger --budget or a smaller --train-samples helps."
        )
    return found


def out_of_line(record: Record) -> list[str]:
    """Name single runs far below all others of the same training.

    Adam now and then takes a step that costs points; if it is among the last, one run
    makes the interval of its row wide.
    """
    found = []
    for key, by_seed in record.ablation.correct.items():
        reached = {seed: float(right.mean()) for seed, right in by_seed.items()}
        for seed, value in reached.items():
            others = [v for s, v in reached.items() if s != seed]
            if len(others) < 2 or min(others) - value < FAR_BELOW:
                continue
            if max(others) - min(others) > (min(others) - value) / 2:
                continue
            found.append(
                f"One run is out of line: {_training(record, key)}, seed {seed}, "
                f"reaches {units.percent(value)} % where the other seeds reach at "
                f"least {units.percent(min(others))} %. It makes the interval wide"
            )
    return found


def _training(record: Record, key: str) -> str:
    ends = {"first": record.first.engine, "second": record.second.engine}
    switch, _, name = key.partition(" ")
    return ends.get(key, f"{name} switched {switch} alone")


def _epochs(record: Record, key: str) -> str:
    done = list(record.ablation.n_epochs[key].values())
    return between(done, "epoch")


def _why(effect: Effect, record: Record) -> str:
    if effect.reason:
        return f"n/a: {effect.reason}"
    return "interrupted" if record.ablation.interrupted else "not done in the budget"


def _word(found: MeanInterval) -> str:
    if found.contains_zero is None:
        return "one seed: no interval"
    if found.n_seeds < MIN_SEEDS:
        return "too few seeds"
    if found.mean == 0 and found.low == found.high == 0:
        return "exactly none"
    return NOTHING if found.contains_zero else ""


def mean(found: MeanInterval | None) -> str:
    """Return points with their sign, as +0.30."""
    return "" if found is None else _signed(found.mean)


def _signed(fraction: float) -> str:
    return f"{round(100 * fraction, 2) + 0.0:+.2f}"


def interval(found: MeanInterval | None) -> str:
    """Return the interval in brackets, or nothing where there is none."""
    if found is None or found.low is None or found.high is None:
        return ""
    return f"({_signed(found.low)} to {_signed(found.high)})"


def factor(found: Factor | None) -> str:
    """Return how many times as long, with its interval."""
    if found is None:
        return ""
    text = units.significant(found.factor)
    if found.low is None or found.high is None:
        return text
    return f"{text} ({units.significant(found.low)}–{units.significant(found.high)})"
