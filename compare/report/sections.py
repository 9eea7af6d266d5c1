"""Sections of the page that belong to other commands, found by the file they leave.

A command writes a file into the folder of a run, and its `section.py` turns that file
into a `Section`. The page never imports a command: the module is loaded by its name,
listed here, when a page is made. Such a module has two functions:

    present(results, path) -> Section    the file is there
    absent(results) -> Section | None    it is not: how to get it, or nothing

`present` raises UsageError for a file that the command did not write.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.record.results import Results
from compare.report.pictures import Figure
from compare.report.tables import Line

# File in the folder of a run -> the module that shows it, in the order of the page.
MODULES = {
    "profile.json": "compare.profile.section",
    "explain.json": "compare.explain.section",
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section: a sentence, a figure, a table of lines, notes.

    `commands` are shown below the sentence where there is nothing else to show.
    """

    anchor: str
    name: str
    """One or two words, for the list of sections."""
    title: str
    sentence: str
    commands: str = ""
    figure: Figure | None = None
    caption: str = ""
    """Of the table."""
    heads: Sequence[tuple[int | None, str]] = ()
    """The place of a row in the plan, if it is one of the run's, and its name."""
    lines: Sequence[Line] = ()
    notes: Sequence[str] = ()


def load(results: Results, folder: Path | None) -> list[Section]:
    """Return the sections that `folder` allows; without one, those that are absent."""
    found: list[Section | None] = []
    for file_name, name in MODULES.items():
        module = importlib.import_module(name)
        path = folder / file_name if folder else None
        if path is not None and path.exists():
            found.append(module.present(results, path))
        else:
            found.append(module.absent(results))
    return [section for section in found if section is not None]
