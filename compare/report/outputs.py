"""Everything that is made from results: CSV files, figures, the page.

Each is written by itself: a failure costs that file and no other.
"""

from pathlib import Path

from compare import report
from compare.files import Outputs
from compare.record import csv_files
from compare.record.verdicts import Verdicts
from compare.report import figures


def write(found: Verdicts, folder: Path, outputs: Outputs | None = None) -> Outputs:
    """Write all of it into `folder`, from verdicts alone; return what came of it."""
    outputs = outputs or Outputs()
    outputs.attempt(lambda: csv_files.write(found.results, folder))
    outputs.attempt(lambda: figures.write(found, folder))
    outputs.attempt(lambda: report.write(found, folder))
    return outputs
