"""`report.html` of a study: its table and figures on one page that needs no network."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from compare.files import write_atomically
from compare.report import web
from compare.show import figure_style as style
from compare.show.inline_svg import inline
from compare.sweep import figures, text
from compare.sweep.summary import Best

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from compare.sweep.study import Study

FILE_NAME = "report.html"
TEMPLATE = Path(__file__).with_name("page.html")
# So that the words of a figure are as large as those beside it.
REM_PER_INCH = 6.9
ALT = {
    "curves": "Validation error along one setting, a line for each group",
    "heat_map": "Validation accuracy over two settings, a number in each cell",
    "parallel": "Parallel coordinates: one line for each point, up to its accuracy",
}


@dataclass(frozen=True)
class Picture:
    """A figure inside the page, and how wide it may become there, in rem."""

    svg: Markup
    width: float


def write(study: "Study", frame: "pd.DataFrame", best: list[Best], folder: Path) -> str:
    """Write the page into `folder`; return its name."""
    with style.styled():
        pictures = [
            _picture(name, draw())
            for name, draw in figures.drawings(study, frame).items()
        ]
    page = web.template(TEMPLATE).render(
        study=study,
        n_trainings=len(frame),
        columns=text.best_columns(best),
        rows=text.best_rows(best),
        sentences=text.meanings(frame, best),
        figures=pictures,
    )
    write_atomically(folder / FILE_NAME, page.encode())
    return FILE_NAME


def _picture(name: str, figure: "Figure") -> Picture:
    width = REM_PER_INCH * figure.get_figwidth()
    drawn = inline(figure, ALT[name])
    return Picture(Markup(drawn), round(width, 1))  # noqa: S704  # our own figure
