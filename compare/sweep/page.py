"""`report.html` of a study: its table and figures on one page that needs no network."""

import base64
import html
import io
from pathlib import Path
from typing import TYPE_CHECKING

from compare.files import write_atomically
from compare.show import figure_style as style
from compare.sweep import figures, text
from compare.sweep.summary import Best

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from compare.sweep.study import Study

FILE_NAME = "report.html"
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto;
       padding: 0 1rem; }}
pre {{ overflow-x: auto; font-size: 0.85rem; line-height: 1.35; }}
figure {{ margin: 2rem 0; }}
img {{ max-width: 100%; background: white; border-radius: 6px; }}
</style>
<h1>{summary}</h1>
<p>{size}</p>
<pre tabindex="0">{table}</pre>
<ul>{sentences}</ul>
{pictures}
</html>
"""
ALT = {
    "curves": "Validation accuracy along one setting, a line for each group",
    "heat_map": "Validation accuracy over two settings, a number in each cell",
    "parallel": "Parallel coordinates: one line for each point, up to its accuracy",
}


def write(study: "Study", frame: "pd.DataFrame", best: list[Best], folder: Path) -> str:
    """Write the page into `folder`; return its name."""
    with style.styled():
        drawn = {n: draw() for n, draw in figures.drawings(study, frame).items()}
        pictures = "\n".join(picture(name, figure) for name, figure in drawn.items())
    lines = text.sentences(frame, best).splitlines()
    page = PAGE.format(
        name=html.escape(study.name),
        summary=html.escape(study.title),
        size=f"{len(frame):,} trainings.",
        table=html.escape(text.best_table(best)),
        sentences="".join(
            f"<li>{html.escape(x.removeprefix('- '))}</li>" for x in lines
        ),
        pictures=pictures,
    )
    write_atomically(folder / FILE_NAME, page.encode())
    return FILE_NAME


def picture(name: str, figure: "Figure") -> str:
    """Return a figure as HTML that holds the image itself."""
    from matplotlib import pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=style.DPI, bbox_inches="tight", format="png")
    plt.close(figure)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<figure><img alt="{html.escape(ALT[name])}" '
        f'src="data:image/png;base64,{encoded}"></figure>'
    )
