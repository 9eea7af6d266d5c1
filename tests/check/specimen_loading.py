"""Turning the text of a specimen into the class it defines."""

from typing import Any

from compare.check.zoo.planting import Specimen, correct_source

# The smallest network of the checker: nothing larger is needed to name a mistake.
SIZES = (7, 6, 6, 10)


def load(text: str) -> Any:
    """Return the class MyMLP that a text defines."""
    namespace: dict[str, Any] = {"__name__": "specimen"}
    exec(compile(text, "specimen.py", "exec"), namespace)  # noqa: S102  # our own zoo
    return namespace["MyMLP"]


def edited(*edits: tuple[str, str]) -> Any:
    """Return the class of the correct file with some texts replaced."""
    text = correct_source()
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load(text)


def name_of(specimen: Specimen) -> str:
    """Return an identifier for pytest."""
    where = " in one layer" if specimen.layers else ""
    note = f" ({specimen.note})" if specimen.note else ""
    return f"{specimen.key}{where}{note}"
