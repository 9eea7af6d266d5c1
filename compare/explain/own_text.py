"""What was found out about a user's network, in words."""

from typing import Any

from compare import options
from compare.explain.own import Answer
from compare.explain.parting import Look
from compare.record.plan import short
from compare.show.columns import Column, render
from compare.show.terminal import prose
from compare.show.words import listed


def answer(found: Answer) -> str:
    """Return everything for the terminal."""
    name, engine = short(found.name), found.engine
    c = found.configuration
    parts = [
        f"{name} and {engine}: {found.course.architecture}, {found.course.activation}, "
        f"{c.optimizer}, learning rate {c.learning_rate:g}"
        + (f", momentum {c.momentum:g}" if c.optimizer == "sgd" else "")
        + f", batches of {c.batch_size}, {c.dtype}; the same start and batches.\n",
        *(f"{note}\n" for note in found.notes),
    ]
    parts += [
        f"{engine} itself was no reference ({same.reason or same.difference}): the "
        "network by hand stands for it.\n"
        for same in found.same
        if not same.passed
    ]
    parts += [
        f"\nOne step at a time, each from {engine}'s weights\n",
        _table(found.parting.tensors, found.parting.fed),
        "\nLeft alone from the same start\n",
        _table(found.parting.tensors, found.parting.alone),
        f"\n{prose(conclusion(found))}\n",
    ]
    return "".join(parts)


def _table(tensors: list[str], looks: list[Look]) -> str:
    columns = [
        Column("after"),
        *(Column(name, right=True) for name in tensors),
        Column("rounding", "at most", right=True),
        Column(""),
    ]
    lines = []
    for look in looks:
        word = "" if not look.beyond else f"apart: {tensors[look.beyond[0]]}"
        if len(look.beyond) > 1:
            word += f" and {len(look.beyond) - 1} more"
        cells = [f"{gap:.0e}" if gap else "0" for gap in look.differences]
        lines.append([look.where, *cells, f"{max(look.rounding):.0e}", word])
    return render(columns, lines)


def conclusion(found: Answer) -> str:
    """Return what it means: rounding or not, where, and which settings."""
    name, engine, p = short(found.name), found.engine, found.parting
    if p.equal and p.largest == 0:
        return f"{name} and {engine} are equal to the last digit."
    if p.equal:
        return (
            f"{name} and {engine} are equal: all differences, {p.largest:.0e} at most, "
            f"are what disturbing {engine} in its last digits makes as well."
        )
    return "\n".join([_where(found), _matters(found), _settings(found)])


def _where(found: Answer) -> str:
    p, engine = found.parting, found.engine
    fed, alone = p.first_fed, p.first_alone
    if fed is not None:
        tensors = listed([p.tensors[i] for i in fed.beyond])
        return (
            f"They part at {fed.where} in {tensors}, from the very same weights: "
            f"{max(fed.differences):.0e}, where disturbing {engine} in its last digits "
            f"explains {max(fed.rounding):.0e}. That is no rounding: one step alone "
            "differs (gradient, learning rate, L2, or the size of a batch)."
        )
    if alone is None:
        raise ValueError("networks that are equal part nowhere")
    tensors = listed([p.tensors[i] for i in alone.beyond])
    return (
        f"Every single step agrees, but left alone they part at {alone.where} in "
        f"{tensors}: {max(alone.differences):.0e}, where rounding explains "
        f"{max(alone.rounding):.0e}. So what differs is kept from one step to the next "
        "(momentum, moments), or happens only in a short batch or at the end of an "
        "epoch."
    )


def _matters(found: Answer) -> str:
    n, last = len(found.course.X), found.parting.alone[-1]
    return (
        f"After two epochs the weights are {max(last.differences):.0e} apart, and "
        f"{found.n_differ} of {n} images would be read differently."
    )


def _settings(found: Answer) -> str:
    hit, engine = found.found, found.engine
    if hit is None:
        end = "the budget was spent" if found.out_of_time else "all were tried"
        return (
            f"No one, two or three of the settings searched make them equal ({end}). A "
            f"mistake is more likely: python -m compare check {found.name}"
        )
    # 0: the user's arithmetic is that of the network by hand, not the engine's.
    equal = f"to {hit.difference:.0e}" if hit.difference else "up to rounding"
    words = (
        f"With {listed(list(hit.changes))} in {engine}, they are equal {equal} over "
        "both epochs."
    )
    if hit.options:
        words += (
            f"\nTry it: python -m compare explain {found.name} {engine}"
            f"{_network(found)} --second {' '.join(hit.options)}"
        )
    return words


def _network(found: Answer) -> str:
    """Return the options of the network, where it is not found out by itself."""
    network = found.course.architecture
    if not network.conv_layers:
        return ""
    sizes = "-".join(map(str, network.layer_sizes))
    return f" --layers {sizes} --conv {options.conv_text(network.conv_layers)}"


def rows(found: Answer) -> list[dict[str, Any]]:
    """Return every comparison as a row with named fields, and the conclusion."""
    p = found.parting
    looks = [
        {
            "kind": kind,
            "where": look.where,
            "differences": dict(zip(p.tensors, look.differences, strict=True)),
            "rounding": dict(zip(p.tensors, look.rounding, strict=True)),
            "beyond_rounding": [p.tensors[i] for i in look.beyond],
        }
        for kind, some in (("fed", p.fed), ("alone", p.alone))
        for look in some
    ]
    hit = found.found
    return [
        {
            "kind": "conclusion",
            "equal": p.equal,
            "settings": None if hit is None else list(hit.changes),
            "options": None if hit is None else list(hit.options),
            "difference": None if hit is None else hit.difference,
            "n_differ": found.n_differ,
            "sentence": conclusion(found),
        },
        *looks,
    ]
