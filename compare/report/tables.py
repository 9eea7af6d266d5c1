"""The tables of the report, as plain cells: an implementation is a column.

Quantities run down, so that three implementations fit on a phone.
"""

from dataclasses import dataclass, field
from typing import Any

from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results
from compare.report import notes, parity_table, text
from compare.report.figures import confusion
from compare.show.columns import Column
from compare.show.words import count


@dataclass(frozen=True)
class Line:
    """One quantity: its name, its unit, a cell per implementation."""

    name: str
    unit: str
    cells: list[tuple[str, str]]
    """The figure, and what stands below it: its spread."""


@dataclass(frozen=True)
class Group:
    """Lines under a common heading."""

    name: str
    lines: list[Line]


@dataclass(frozen=True)
class Comparison:
    """The main table, and the reasons of those that have no figures."""

    heads: list[str]
    groups: list[Group]
    reasons: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    """Rows that do not compute the same thing."""


def comparison(results: Results) -> Comparison:
    """Return the two tables of the terminal, turned by 90 degrees and joined."""
    same, other = text.by_division(results)
    rows = [*same, *other]
    training = [text.training_row(results, label) for label in rows]
    costs = [text.costs_row(results, label) for label in rows]
    shown = [label for label, cells in zip(rows, training, strict=True) if cells[2:]]
    groups = [
        Group(
            "Training and accuracy",
            turned(text.training_columns(results), [c for c in training if c[2:]]),
        )
    ]
    columns = text.costs_columns(results)
    measured = dict(zip(rows, costs, strict=True))
    blank = ["–"] * len(columns)
    filled = [measured[n] if measured[n][2:] else blank for n in shown]
    groups.append(Group("Use", turned(columns, filled)))
    reasons = [": ".join(cells) for cells in costs if not cells[2:]]
    return Comparison(
        [short(label) for label in shown],
        groups if shown else [],
        reasons,
        [short(label) for label in other if label in shown],
    )


def turned(columns: list[Column], rows: list[list[str]]) -> list[Line]:
    """Return rows of cells, without the first, as lines."""
    return [
        Line(column.title, column.unit, [_parted(row[i]) for row in rows])
        for i, column in enumerate(columns)
        if i > 0
    ]


def _parted(cell: str) -> tuple[str, str]:
    """1.9 (1.8–2.0) → 1.9 and 1.8–2.0; 97.8 ± 0.1 → 97.8 and ± 0.1."""
    figure, _, rest = cell.partition(" (")
    mean, sign, sd = figure.partition(" ± ")
    return mean, f"± {sd}" if sign else rest.removesuffix(")")


@dataclass(frozen=True)
class Cell:
    """One cell of a confusion matrix: what is printed and how strongly it is tinted."""

    text: str
    shade: float
    """0 to 1."""
    right: bool


@dataclass(frozen=True)
class Matrix:
    """The confusion matrix of one or more implementations that agree in every cell."""

    names: list[str]
    rows: list[tuple[str, list[Cell]]]


def matrices(results: Results) -> list[Matrix]:
    """Return the confusion matrices, those that print alike only once."""
    labels = [n for n in results.plan.implementations if results.complete_runs_of(n)]
    fractions = {label: confusion.matrix(results, label) for label in labels}
    top = confusion.largest_mistake(list(fractions.values())) if labels else 1.0
    classes = confusion.class_names(results)
    found: list[Matrix] = []
    for label, values in fractions.items():
        rows = [
            (
                classes[i],
                [_cell(float(v), i == j, top) for j, v in enumerate(row)],
            )
            for i, row in enumerate(values)
        ]
        twin = next((m for m in found if m.rows == rows), None)
        if twin:
            twin.names.append(short(label))
        else:
            found.append(Matrix([short(label)], rows))
    return found


def _cell(value: float, right: bool, top: float) -> Cell:
    shown = value >= confusion.LEAST_SHOWN
    words = ("100" if value >= 1 else f"{100 * value:.1f}") if shown else ""
    return Cell(words, 0.0 if right else round(value / top, 2), right)


def parity(results: Results) -> list[list[str]]:
    """Return the rows of the parity gate; two cells where nothing was compared."""
    return [parity_table.row(record) for record in results.parity]


def environment(results: Results) -> list[tuple[str, str]]:
    """Return the machine and the versions."""
    env = results.environment
    packages = env.get("packages", {})
    load = env.get("load_average_at_start")
    rows = [
        ("Started", results.started.replace("T", " ")),
        ("Processor", str(env.get("processor"))),
        ("Processors usable", str(env.get("usable_cores"))),
        ("Memory", f"{env.get('memory_bytes', 0) / 2**30:.0f} GB"),
        ("System", str(env.get("system"))),
        *_kernel_variables(env),
        ("Load at the start", "unknown" if load is None else f"{load:.2f}"),
        ("Python", str(env.get("python"))),
        *((name, str(v)) for name, v in packages.items() if v),
        ("Commit of this suite", str(env.get("commit") or "unknown")),
        ("Data", f"{results.data['source']}, SHA-256 {results.data['sha256']}"),
    ]
    return rows + threads(results)


def _kernel_variables(env: dict[str, Any]) -> list[tuple[str, str]]:
    found = env.get("kernel_variables", {})
    listed = ", ".join(f"{name}={value}" for name, value in found.items())
    word = "kept" if env.get("kernel_variables_kept") else "set aside"
    return [("Kernel variables of the shell", f"{listed} ({word})")] if found else []


def threads(results: Results) -> list[tuple[str, str]]:
    """Return what each library said of its own threads."""
    found = []
    for label in results.plan.implementations:
        pools = next((r.thread_pools for r in results.runs_of(label)), [])
        words = [
            f"{p['library']} {p.get('version') or ''} "
            f"({p.get('architecture') or 'unknown'}): {count(p['n_threads'], 'thread')}"
            for p in pools
        ]
        if words:
            found.append((f"Threads of {short(label)}", "; ".join(words)))
    return found


def mcnemar(results: Results) -> list[tuple[str, list[tuple[int, int, int, str]]]]:
    """Return per row and seed: who alone is right how often, and the exact p value."""
    base = verdicts.baseline(results)
    found = []
    for label in notes.beside_baseline(results):
        verdict = verdicts.accuracy(results, label, base)
        if verdict is None:
            continue
        seeds = [
            run.seed
            for run in results.complete_runs_of(label)
            if any(r.seed == run.seed for r in results.complete_runs_of(base))
        ]
        found.append(
            (
                verdicts.named(results, label),
                [
                    (seed, test.n10, test.n01, f"{test.p:.2g}")
                    for seed, test in zip(seeds, verdict.per_seed, strict=True)
                ],
            )
        )
    return found
