"""Everything that is made from results: CSV files, figures, the page."""

from pathlib import Path

from compare import report
from compare.record import csv_files
from compare.record.results import Results
from compare.report import figures


def write(results: Results, folder: Path) -> list[str]:
    """Write all of it into `folder`, from `results` alone; return the file names."""
    return [
        *csv_files.write(results, folder),
        *figures.write(results, folder),
        report.write(results, folder),
    ]
