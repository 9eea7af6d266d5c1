"""Gathers everything the template shows. Decides nothing about looks."""

import shlex
from pathlib import Path
from typing import Any

from markupsafe import Markup

from compare.record import neurons
from compare.record.results import Results
from compare.record.verdicts import Verdicts
from compare.report import (
    classes,
    confusion_table,
    headline,
    notes,
    parity_table,
    pictures,
    sections,
    stopping,
    tables,
    text,
    web,
)
from compare.report.figures import confusion, curves, galleries
from compare.show.columns import Remark
from compare.show.words import listed

TEMPLATE = Path(__file__).with_name("page.html")
# More names than these make no title.
MOST_NAMED = 4
# Of more panels than this, the first few are shown and the others folded.
MOST_PANELS = 8
SHOWN_PANELS = 6


def render(judged: Verdicts, folder: Path | None = None) -> str:
    """Return the page. The same results give the same bytes.

    `folder` holds what other commands have left for it (see `sections`).
    """
    template = web.template(TEMPLATE)
    template.environment.tests["remark"] = lambda row: isinstance(row, Remark)
    found = context(judged) | {"added": sections.load(judged.results, folder)}
    return template.render(**found, sections=_contents(found))


# Sections that are there only if the results hold what they show.
SECTIONS = (
    ("numbers", "Numbers", None),
    ("parity", "Parity", "parity"),
    ("speed", "Speed", "speed_figures"),
    ("accuracy", "Accuracy", "accuracy_figures"),
    ("curves", "Curves", "curves"),
    ("added", "", None),  # those of other commands
    ("confusion", "Confusion", "matrices"),  # of few classes
    ("confusion", "Confusion", "confusions"),  # of many
    ("classes", "Classes", "scores"),
    ("calibration", "Confidence", "calibrations"),
    ("neurons", "Neurons", "neurons"),
    ("mistakes", "Mistakes", "mistakes"),
    ("disagreements", "Disagreements", "disagreements"),
    ("doubts", "Doubts", "doubts"),
    ("method", "Method", None),
    ("environment", "Machine", None),
    ("again", "Again", None),
)


def _contents(found: dict[str, Any]) -> list[tuple[str, str]]:
    contents = []
    for anchor, name, needs in SECTIONS:
        if anchor == "added":
            contents += [(section.anchor, section.name) for section in found["added"]]
        elif needs is None or found[needs]:
            contents.append((anchor, name))
    return contents


def context(judged: Verdicts) -> dict[str, Any]:
    """Return what the template may use, by section."""
    results = judged.results
    return {
        "rows": [(i, row.short) for i, row in enumerate(judged.rows) if row.runs],
        "title": _title(results),
        "heading": text.heading(results.plan).strip().splitlines(),
        "data_line": text.data_line(results).strip(),
        "started": results.started.partition("T")[0],
        "verdict": headline.sentences(judged),
        "doubts": notes.doubts(judged),
        "table": tables.comparison(judged),
        "most_columns": tables.MOST_COLUMNS,
        "most_panels": MOST_PANELS,
        "shown_panels": SHOWN_PANELS,
        "parity": tables.parity(results),
        "parity_sentence": parity_table.sentence(results) if results.parity else "",
        "base": judged.baseline.short,
        "speed_figures": pictures.speed(judged),
        "speed_notes": notes.speed_sentences(judged),
        "accuracy_figures": pictures.accuracy(judged),
        "accuracy_notes": notes.accuracy_sentences(judged) + stopping.sentences(judged),
        "mcnemar": tables.mcnemar(judged),
        "curves": pictures.learning_curves(judged),
        "curves_caption": _caption(judged),
        "matrices": confusion_table.matrices(judged),
        "confusions": confusion_table.confusions(judged),
        "classes": confusion.class_names(results),
        "scores": classes.scores(judged),
        "calibrations": classes.calibrations(judged),
        "neurons": classes.neurons(results),
        "neuron_word": neurons.word(results.plan),
        "mistakes": _gallery(results),
        "disagreements": _disagreements(results),
        "environment": tables.environment(results),
        "machine": tables.machine(results),
        "command": Markup.escape(reproduce(results)),  # to be copied as it is
        "plan": results.plan,
        "length": stopping.length(results.plan),
    }


def reproduce(results: Results) -> str:
    """Return the command that repeats the run, into a folder of its own."""
    words = list(results.command)
    for i, word in enumerate(words):
        if word == "--out":
            del words[i : i + 2]
            break
        if word.startswith("--out="):
            del words[i]
            break
    return shlex.join(["python", "-m", "compare", *words])


def _title(results: Results) -> str:
    names = [row.short for row in results.plan.rows if not row.is_control]
    who = listed(names) if len(names) <= MOST_NAMED else f"{len(names)} implementations"
    return f"{who} on {results.data['source']}"


def _caption(judged: Verdicts) -> str:
    return f"{curves.caption(judged)}." if curves.rows(judged) else ""


def _gallery(results: Results) -> dict[str, Any] | None:
    found = galleries.mistakes(results)
    if not found:
        return None
    return {
        "caption": galleries.mistakes_caption(results),
        "pictures": [
            {
                "uri": pictures.digit(p.pixels),
                "alt": f"Test image {p.index}, a {p.label}",
                "label": p.label,
                "answer": next(iter(p.answers.values())),
                "confidence": p.confidence,
            }
            for p in found
        ],
    }


def _disagreements(results: Results) -> dict[str, Any] | None:
    found = galleries.disagreements(results)
    if not found:
        return None
    return {
        "caption": galleries.disagreements_caption(results),
        "pictures": [
            {
                "uri": pictures.digit(p.pixels),
                "alt": f"Test image {p.index}, a {p.label}",
                "label": p.label,
                "answers": galleries.marked(p),
            }
            for p in found
        ],
    }
