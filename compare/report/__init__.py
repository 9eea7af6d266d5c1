"""One comparison as a self-contained page, made from its results alone.

`page` gathers what the template shows; `pictures` draws; `page.html` and `style.css`
say how it looks. Nothing is measured here, and nothing is loaded from anywhere.
"""

from pathlib import Path

from compare.record.verdicts import Verdicts

FILE_NAME = "report.html"


def write(found: Verdicts, folder: Path) -> str:
    """Write `report.html` into `folder`, with what other commands left there.

    Returns its name.
    """
    from compare.files import write_atomically
    from compare.report import page

    html = page.render(found, folder)
    write_atomically(folder / FILE_NAME, html.encode())
    return FILE_NAME
