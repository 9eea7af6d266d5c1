"""Gathers everything the template shows. Decides nothing about looks."""

import shlex
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results
from compare.report import (
    classes,
    headline,
    notes,
    parity_table,
    pictures,
    sections,
    stopping,
    tables,
    text,
)
from compare.report.figures import confusion, curves, galleries
from compare.show.words import listed

HERE = Path(__file__).parent
# More names than these make no title.
MOST_NAMED = 4


def render(results: Results, folder: Path | None = None) -> str:
    """Return the page. The same results give the same bytes.

    `folder` holds what other commands have left for it (see `sections`).
    """
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    found = context(results) | {"added": sections.load(results, folder)}
    template = environment.get_template("page.html")
    return template.render(**found, sections=_contents(found))


# Sections that are there only if the results hold what they show.
SECTIONS = (
    ("numbers", "Numbers", None),
    ("parity", "Parity", "parity"),
    ("speed", "Speed", "speed_figures"),
    ("accuracy", "Accuracy", "accuracy_figures"),
    ("curves", "Curves", "curves"),
    ("added", "", None),  # those of other commands
    ("confusion", "Confusion", "matrices"),
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


def context(results: Results) -> dict[str, Any]:
    """Return what the template may use, by section."""
    css = (HERE / "style.css").read_text(encoding="utf-8")
    return {
        "style": Markup(css),  # noqa: S704  # our own file
        "title": _title(results),
        "heading": text.heading(results.plan).strip().splitlines(),
        "data_line": text.data_line(results).strip(),
        "started": results.started.partition("T")[0],
        "verdict": headline.sentences(results),
        "doubts": verdicts.warnings(results),
        "table": tables.comparison(results),
        "parity": tables.parity(results),
        "parity_sentence": parity_table.sentence(results) if results.parity else "",
        "base": verdicts.baseline(results),
        "speed_figures": pictures.speed(results),
        "speed_notes": notes.speed_sentences(results),
        "accuracy_figures": pictures.accuracy(results),
        "accuracy_notes": [v.sentence for v in notes.accuracy_verdicts(results)]
        + stopping.sentences(results),
        "mcnemar": tables.mcnemar(results),
        "curves": pictures.learning_curves(results),
        "curves_caption": _caption(results),
        "matrices": tables.matrices(results),
        "classes": confusion.class_names(results),
        "scores": classes.scores(results),
        "calibrations": classes.calibrations(results),
        "neurons": classes.neurons(results),
        "mistakes": _gallery(results),
        "disagreements": _disagreements(results),
        "environment": tables.environment(results),
        "command": reproduce(results),
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
    controls = verdicts.controls(results)
    labels = [n for n in results.plan.implementations if n not in controls]
    names = [short(label) for label in labels]
    who = listed(names) if len(names) <= MOST_NAMED else f"{len(names)} implementations"
    return f"{who} on {results.data['source']}"


def _caption(results: Results) -> str:
    return f"{curves.caption(results)}." if curves.rows(results) else ""


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
