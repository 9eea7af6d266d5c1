"""Figures of one comparison, drawn from its results alone."""

from pathlib import Path

from compare.record.verdicts import Verdicts


def write(judged: Verdicts, folder: Path) -> list[str]:
    """Draw every figure that the results allow; return the names of the files."""
    from compare.report.figures import bars, confusion, curves, galleries, learned
    from compare.show import figure_style as style

    names: list[str] = []
    with style.styled():
        for module in (curves, bars, confusion, learned, galleries):
            names += module.write(judged, folder)
    return names
