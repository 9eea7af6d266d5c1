"""Everything that is made from results: CSV files, figures, the page."""

from pathlib import Path

from compare import report
from compare.record import csv_files
from compare.record.verdicts import Verdicts
from compare.report import figures


def write(found: Verdicts, folder: Path) -> list[str]:
    """Write all of it into `folder`, from the results alone; return the file names."""
    return [
        *csv_files.write(found.results, folder),
        *figures.write(found, folder),
        report.write(found, folder),
    ]
