"""The tables of the report, as plain cells: an implementation is a column.

Quantities run down, so that three implementations fit on a phone. Where there are more
than `MOST_COLUMNS`, the page turns these tables: an implementation is a row of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from compare.record.results import Results
from compare.record.verdicts import Verdicts
from compare.report import parity_table, text
from compare.show.columns import Cell, Column, Remark, Row
from compare.show.words import count

NOTHING = Cell("–")
# More columns than these fit on no screen and on no paper.
MOST_COLUMNS = 6


@dataclass(frozen=True)
class Line:
    """One quantity: its name, its unit, a cell per implementation."""

    name: str
    unit: str
    cells: list[Cell]


class Group(NamedTuple):
    """Lines under a common heading."""

    name: str
    lines: list[Line]


@dataclass(frozen=True)
class Comparison:
    """The main table, and the reasons of those that have no figures."""

    heads: list[tuple[int, str]]
    """The place of a row in the plan, and its name."""
    groups: list[Group]
    reasons: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    """Rows that do not compute the same thing."""


def comparison(found: Verdicts) -> Comparison:
    """Return the two tables of the terminal, turned by 90 degrees and joined."""
    rows = sorted(found.rows, key=lambda row: not row.is_closed)
    shown = [row for row in rows if row.timing]
    groups = [
        Group(
            "Training and accuracy",
            turned(
                text.training_columns(found),
                [text.training_row(found, row) for row in shown],
            ),
        ),
        Group(
            "Use",
            turned(text.costs_columns(found), [text.costs_row(row) for row in shown]),
        ),
    ]
    return Comparison(
        [(found.rows.index(row), row.short) for row in shown],
        groups if shown else [],
        [f"{row.short}: {text.why_empty(row)}" for row in rows if row.absence],
        [row.short for row in shown if not row.is_closed],
    )


def turned(columns: Sequence[Column], rows: Sequence[Row]) -> list[Line]:
    """Return rows of cells, without the first, as lines; a dash where there is none."""
    return [
        Line(
            column.title,
            column.unit,
            [NOTHING if isinstance(row, Remark) else _cell(row[i]) for row in rows],
        )
        for i, column in enumerate(columns)
        if i > 0
    ]


def _cell(cell: str | Cell) -> Cell:
    return cell if isinstance(cell, Cell) else Cell(cell)


def parity(results: Results) -> list[tuple[int, Row]]:
    """Return the rows of the parity gate, each with its place in the plan."""
    names = list(results.plan.implementations)
    return [
        (names.index(record.implementation), parity_table.row(record))
        for record in results.parity
    ]


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


def machine(results: Results) -> str:
    """Return the machine in one line, for those who do not unfold the rest."""
    env = results.environment
    packages = env.get("packages", {})
    named = [
        f"{name} {packages[name]}" for name in ("numpy", "torch") if packages.get(name)
    ]
    cores = count(env.get("usable_cores", 1), "core")
    parts = [f"{env.get('processor')}, {cores}", f"Python {env.get('python')}", *named]
    return ", ".join(parts)


def _kernel_variables(env: dict[str, Any]) -> list[tuple[str, str]]:
    found = env.get("kernel_variables", {})
    listed = ", ".join(f"{name}={value}" for name, value in found.items())
    word = "kept" if env.get("kernel_variables_kept") else "set aside"
    return [("Kernel variables of the shell", f"{listed} ({word})")] if found else []


def threads(results: Results) -> list[tuple[str, str]]:
    """Return what each library said of its own threads."""
    found = []
    for row in results.plan.rows:
        pools = next((r.thread_pools for r in results.runs_of(row.label)), [])
        words = [
            f"{p['library']} {p.get('version') or ''} "
            f"({p.get('architecture') or 'unknown'}): {count(p['n_threads'], 'thread')}"
            for p in pools
        ]
        if words:
            found.append((f"Threads of {row.short}", "; ".join(words)))
    return found


class Pairs(NamedTuple):
    """The McNemar tests of one row: seed, only this one right, only the other, p."""

    place: int
    name: str
    tests: list[tuple[int, int, int, str]]


def mcnemar(judged: Verdicts) -> list[Pairs]:
    """Return per row and seed: who alone is right how often, and the exact p value."""
    base = judged[judged.baseline.label]
    found = []
    for row in judged.beside_baseline:
        if row.accuracy is None:
            continue
        common = {run.seed for run in row.complete} & {r.seed for r in base.complete}
        seeds = [seed for seed in judged.results.plan.seeds if seed in common]
        tests = [
            (seed, test.n10, test.n01, f"{test.p:.2g}")
            for seed, test in zip(seeds, row.accuracy.per_seed, strict=True)
        ]
        found.append(Pairs(judged.rows.index(row), text.named(row), tests))
    return found
