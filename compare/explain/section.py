"""The section of the report: what `explain` found, beside a comparison."""

from pathlib import Path

from compare.explain import figures, text
from compare.explain.effects import Explanation
from compare.explain.record import Record, read
from compare.record.results import Results
from compare.report import pictures
from compare.report.sections import Section
from compare.report.tables import Line
from compare.show.columns import Cell

ANCHOR, NAME, TITLE = "explain", "Why they differ", "Why they differ out of the box"
HEADS = ("on alone", "off alone", "effect", "time, ×")


def present(results: Results, path: Path) -> Section:
    """Return what the explanation in `path` says."""
    record = read(path)
    found = record.explanation()
    figure = None
    if figures.can_draw(record, found):
        sentence = text.sentence(record, found)
        figure = pictures.placed(lambda: figures.draw(record, found), sentence)
    return Section(
        anchor=ANCHOR,
        name=NAME,
        title=TITLE,
        sentence=text.sentence(record, found),
        figure=figure,
        caption=f"From {record.first.engine} to {record.second.engine}: points of test "
        "accuracy (95 % interval), and how many times as long training takes.",
        heads=[(None, head) for head in HEADS],
        lines=_lines(record, found),
        notes=text.notes(record),
    )


def absent(results: Results) -> None:
    """Say nothing: few comparisons are of frameworks out of the box."""


def _lines(record: Record, found: Explanation) -> list[Line]:
    lines = []
    for effect in found.effects:
        cells = [
            Cell(text.mean(effect.on)),
            Cell(text.mean(effect.off)),
            Cell(text.mean(effect.both), text.interval(effect.both).strip("()")),
            Cell(text.factor(record.times.settings.get(effect.setting))),
        ]
        lines.append(Line(effect.setting, f"{effect.first} → {effect.second}", cells))
    rest, total = found.interactions, found.total
    for name, part, time in (
        ("interactions", rest, None),
        ("total", total, record.times.total),
    ):
        cells = [
            Cell("–"),
            Cell("–"),
            Cell(text.mean(part), text.interval(part).strip("()")),
            Cell(text.factor(time)),
        ]
        lines.append(Line(name, "", cells))
    return lines
