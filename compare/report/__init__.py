"""One comparison as a self-contained page, made from its results alone.

`page` gathers what the template shows; `pictures` draws; `page.html` and `style.css`
say how it looks. Nothing is measured here, and nothing is loaded from anywhere.
"""

from pathlib import Path

from compare.results import Results

FILE_NAME = "report.html"


def write(results: Results, folder: Path) -> str:
    """Write `report.html` into `folder`; return its name."""
    from compare.files import write_atomically
    from compare.report import page

    write_atomically(folder / FILE_NAME, page.render(results).encode())
    return FILE_NAME
