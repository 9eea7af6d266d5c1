"""Tables in print: each fits the width at hand, and no cell is broken or lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.show import terminal
from compare.show.columns import Cell, Column, Remark, Row, render

COLUMNS = [
    Column("implementation"),
    Column("test accuracy", "%, mean ± sd", right=True),
    Column("train, s per epoch", "median (quartiles)", right=True),
    Column("images", "per second", right=True),
    Column("speed against torch", "ratio (95 % interval)", right=True),
]


def row(name: str) -> list[Cell]:
    return [
        Cell(name),
        Cell("97.71", "± 0.17"),
        Cell("0.202", "0.199–0.206"),
        Cell("266,751"),
        Cell("2.49", "2.42–2.55"),
    ]


ROWS: list[Row] = [row("numpy"), row("torch"), Remark("sklearn", "n/a: has no AdamW")]


def test_a_wide_table_has_a_line_for_each_row() -> None:
    text = render(COLUMNS, ROWS, width=200)
    assert text == (
        "implementation   test accuracy    train, s per epoch       images"
        "     speed against torch\n"
        "                  %, mean ± sd    median (quartiles)   per second"
        "   ratio (95 % interval)\n"
        "──────────────────────────────────────────────────────────────────"
        "───────────────────────\n"
        "numpy             97.71 ± 0.17   0.202 (0.199–0.206)      266,751"
        "        2.49 (2.42–2.55)\n"
        "torch             97.71 ± 0.17   0.202 (0.199–0.206)      266,751"
        "        2.49 (2.42–2.55)\n"
        "sklearn          n/a: has no AdamW\n"
    )


def test_a_narrow_table_is_turned() -> None:
    text = render(COLUMNS, ROWS, width=60)
    assert text == (
        "implementation                  numpy         torch\n"
        "───────────────────────────────────────────────────\n"
        "test accuracy                   97.71         97.71\n"
        "  %, mean ± sd                 ± 0.17        ± 0.17\n"
        "train, s per epoch              0.202         0.202\n"
        "  median (quartiles)      0.199–0.206   0.199–0.206\n"
        "images                        266,751       266,751\n"
        "  per second\n"
        "speed against torch              2.49          2.49\n"
        "  ratio (95 % interval)     2.42–2.55     2.42–2.55\n"
        "sklearn   n/a: has no AdamW\n"
    )


def test_remarks_below_a_turned_table_stand_below_one_another() -> None:
    reasons = [Remark("sklearn", "n/a: has no AdamW"), Remark("numba-skip", "failed")]
    lines = render(COLUMNS, [*ROWS[:2], *reasons], width=60).splitlines()
    assert lines[-2:] == ["sklearn      n/a: has no AdamW", "numba-skip   failed"]


def test_remarks_alone_have_no_headings() -> None:
    said = render(COLUMNS, [Remark("sklearn", "n/a: has no AdamW")], width=60)
    assert said == "sklearn   n/a: has no AdamW\n"


def test_many_rows_are_cut_between_columns() -> None:
    columns = [Column(title) for title in ("batch", "numpy", "torch")]
    rows = [[str(i), f"{i} µs of numpy", f"{i} µs of torch"] for i in range(4)]
    text = render(columns, rows, width=30)
    first, second = text.split("\n\n")
    assert "numpy" in first
    assert "torch" not in first
    assert second.splitlines()[-1] == "3       3 µs of torch"


def test_prose_is_wrapped_between_words() -> None:
    columns = [Column("row"), Column("judgement"), Column("why", prose=True)]
    sentence = "1,234 predictions are others, with nothing changed since then"
    text = render(columns, [["numpy", "DIFFERS", sentence]], width=60)
    lines = text.splitlines()[2:]
    assert lines[0].startswith("numpy   DIFFERS")
    assert " ".join(line[20:].strip() for line in lines) == sentence
    assert max(map(len, text.splitlines())) <= 60


figures = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)
cells = st.builds(Cell, figures, figures | st.just(""))
tables = st.integers(2, 6).flatmap(
    lambda n: st.lists(
        st.lists(cells, min_size=n, max_size=n),
        min_size=1,
        max_size=7,
    )
)


@given(tables, st.integers(46, 120))
def test_every_width_shows_every_cell_in_one_piece(
    rows: list[list[Cell]], width: int
) -> None:
    """A name and one more column, at most 2 × 21 and the gap, always fit into 46."""
    columns = [Column(f"head {i}", right=i % 2 == 1) for i in range(len(rows[0]))]
    text = render(columns, rows, width=width)
    assert max(map(len, text.splitlines())) <= width
    words = set(re.findall(r"[^\s()]+", text))
    for line in rows:
        for cell in line[1:]:
            assert cell.figure in words
            assert not cell.detail or cell.detail in words


def test_a_row_with_other_than_a_cell_per_column_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of 2 cells in 5 columns"):
        render(COLUMNS, [["numpy", "n/a"]])


def test_colour_does_not_move_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [Column("gate"), Column("verdict"), Column("error", right=True)]
    rows: list[Row] = [
        ["loss", Cell("FAIL", mood="bad"), "1"],
        ["sum", Cell("equal"), "22"],
    ]
    plain = render(columns, rows)
    monkeypatch.setattr(terminal, "has_colours", lambda: True)
    coloured = render(columns, rows)
    assert "\x1b[1;31mFAIL\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
