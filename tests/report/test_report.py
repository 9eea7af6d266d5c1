"""report.html: self-contained, the same again, accessible, true to the results."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from compare import report
from compare.record.judging import judge
from compare.record.results import Results
from compare.report import confusion_table, page, tables
from compare.show import units
from tests.report import invented


@pytest.fixture(scope="module")
def results() -> Results:
    found = invented.results(
        {
            "numpy": 1.0,
            "torch": 2.0,
            "deep/mine.py:Net<i>": 3.0,
            "numpy (control)": 1.0,
        },
        n_wrong={"torch": 12, "deep/mine.py:Net<i>": 40},
    )
    found.parity[2].status = "different"
    return invented.with_gallery(found)


@pytest.fixture(scope="module")
def html(results: Results) -> str:
    return page.render(judge(results))


class Outline(HTMLParser):
    """What a reader who cannot see would be told."""

    VOID = frozenset({"meta", "img", "br", "wbr", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.images: list[str] = []
        self.tables: list[dict[str, int]] = []
        self.anchors: list[str] = []
        self.ids: list[str] = []
        self.sources: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.images.append(str(found["alt"]))
        if tag == "svg":
            assert found["role"] == "img"
            self.images.append(str(found["aria-label"]))
        if tag == "table":
            self.tables.append({"caption": 0, "th": 0, "td": 0, "unscoped": 0})
        if tag in ("caption", "th", "td"):
            self.tables[-1][tag] += 1
        if tag == "th" and "scope" not in found:
            self.tables[-1]["unscoped"] += 1
        for name in ("href", "xlink:href"):
            if found.get(name):
                self.anchors.append(str(found[name]))
        self.anchors += re.findall(
            r"url\((#[^)]+)\)", " ".join(map(str, found.values()))
        )
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.sources += [
            str(found[name])
            for name in ("src", "href", "xlink:href", "srcset", "data", "action")
            if name in found
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    outline = Outline(html)
    assert all(source.startswith(("data:", "#")) for source in outline.sources)
    # Names of namespaces look like addresses, and nobody goes there.
    plain = re.sub(r'xmlns(:\w+)?="http://www\.w3\.org/[^"]+"', "", html)
    assert not re.search(r"https?://|@import|url\((?!#)|<link|<iframe", plain)
    assert re.findall(r"<script[^>]*>", html) == ["<script>"]
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\b *\(", html)


def test_the_same_results_give_the_same_bytes(results: Results, html: str) -> None:
    assert page.render(judge(results)) == html


def test_it_can_be_read_without_seeing(html: str) -> None:
    outline = Outline(html)
    assert outline.open == []  # every element is closed
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert len(outline.images) > 6
    for words in outline.images:
        assert len(words) > 10
    assert len(outline.tables) >= 6
    for table in outline.tables:
        assert table["caption"] == 1
        assert table["th"] > 1
        assert table["td"] > 1
        assert table["unscoped"] == 0
    assert '<html lang="en">' in html
    assert 'name="viewport"' in html


def test_figures_follow_the_colours_of_the_page(html: str) -> None:
    """Black words on a dark page, or a white card around a figure, would be neither."""
    drawn = " ".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert drawn.count("<svg") >= 6
    ours = re.findall(r"#[0-9a-f]{6}", drawn)
    assert set(ours) <= {"#bbbbbb"}, set(ours)
    assert "var(--c0)" in drawn
    for name in set(re.findall(r"var\(--(\w+)\)", drawn)):
        assert html.count(f"--{name}: #") == 3, name  # light, dark, print


def test_a_row_can_be_hidden_everywhere_and_tells_its_values(html: str) -> None:
    for place, name in enumerate(("numpy", "torch", "mine.py:Net&lt;i&gt;")):
        assert f'id="show-{place}"' in html
        assert f"body:has(#show-{place}:not(:checked)) .row-{place} {{" in html
        shown = re.findall(rf'<g class="row-{place}">\s*<title>([^<]*)</title>', html)
        assert any(words.startswith(f"{name}: median 1") for words in shown) == (
            name == "numpy"
        )
        assert any(words.startswith(f"{name}, seed 2: 9") for words in shown) == (
            place < 2
        )
        assert f"{name}, validation accuracy after epoch 4: 95.00 %" in shown
        assert f'<th scope="col" class="row-{place}">' in html


def test_every_link_leads_somewhere(html: str) -> None:
    outline = Outline(html)
    assert len(set(outline.ids)) == len(outline.ids)
    assert {anchor[1:] for anchor in outline.anchors} <= set(outline.ids)


def test_names_are_text_and_not_markup(html: str) -> None:
    assert "mine.py:Net<i>" not in html
    assert "mine.py:Net&lt;i&gt;" in html


def test_the_numbers_are_those_of_the_results(results: Results, html: str) -> None:
    plain = re.sub(r"<[^>]+>", "", html)
    for label in ("numpy", "torch"):
        mean = units.percent(judge(results)[label].mean_accuracy or 0)
        assert mean in plain
    # numpy takes 1 s, torch 2 s, with the same jitter in each round.
    assert "2.00" in plain
    table = tables.comparison(judge(results))
    heads = [(0, "numpy"), (1, "torch"), (3, "numpy (control)"), (2, "mine.py:Net<i>")]
    assert table.heads == heads
    assert table.apart == ["mine.py:Net<i>"]
    speed = next(line for line in table.groups[0].lines if "speed" in line.name)
    assert [cell.figure for cell in speed.cells] == ["2.00", "1", "2.00", "0.67"]


def test_matrices_that_print_alike_are_shown_once(results: Results) -> None:
    found = {tuple(m.names): m for m in confusion_table.matrices(judge(results))}
    assert set(found) == {("numpy", "numpy (control)"), ("torch",), ("mine.py:Net<i>",)}
    matrix = found["numpy", "numpy (control)"]
    for i, (name, cells) in enumerate(matrix.rows):
        assert name == str(i)
        assert cells[i].right
        # `invented` takes a wrong answer from the next class.
        shown = [j for j, cell in enumerate(cells) if cell.text]
        assert set(shown) <= {i, (i + 1) % 10}
        total = sum(float(cell.text) for cell in cells if cell.text)
        assert total == pytest.approx(100, abs=0.11)


def test_the_command_leaves_out_the_folder(results: Results) -> None:
    assert page.reproduce(results) == "python -m compare --seeds 3 --impl numpy"


def test_what_failed_and_what_is_missing_leave_a_page(tmp_path: Path) -> None:
    nothing = invented.results({"numpy": 1.0, "torch": 2.0})
    nothing.runs, nothing.parity, nothing.finished = [], [], False
    assert report.write(judge(nothing), tmp_path) == "report.html"
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    outline = Outline(text)
    assert not outline.images
    assert {anchor[1:] for anchor in outline.anchors} <= set(outline.ids)
    assert "The run was interrupted" in text
    assert "not measured: interrupted before its first epoch" in text

    failed = invented.results({"numpy": 1.0, "torch": 2.0})
    for run in failed.runs_of("torch"):
        run.status, run.reason, run.epochs = "failed", "diverged <b>", []
    text = page.render(judge(failed))
    assert "torch: failed: diverged &lt;b&gt;" in text


def test_one_seed_and_one_epoch_leave_a_page() -> None:
    small = invented.results({"numpy": 1.0, "torch": 2.0}, seeds=(4,))
    for run in small.runs:
        del run.epochs[1:]
    assert "Too few seeds to rank the speed of numpy" in page.render(judge(small))


def test_other_classes_than_digits_are_named() -> None:
    fashion = invented.results({"numpy": 1.0, "torch": 2.0})
    fashion.data["class_names"] = [f"Garment {i}" for i in range(10)]
    assert page.render(judge(fashion)).count("Garment 7") >= 3


@pytest.mark.usefixtures("words_only")
def test_more_rows_than_columns_fit_stand_below_one_another() -> None:
    names = ["torch", "numpy", "sklearn", "jax", "numba", "keras", "textbook"]
    results = invented.results({name: 1.0 + i for i, name in enumerate(names)})
    html = page.render(judge(results))
    shown = [part.split("</table>")[0] for part in html.split("<table")]
    (training,) = [table for table in shown if ">Training and accuracy</th>" in table]
    heads = re.findall(r'<th scope="row">([^<]*)</th>', training)
    assert heads == names
    rows = training.split("<tr")[2:]
    assert [row.count("<td") for row in rows] == [5] * len(names)
    # Each row has its own figures: an epoch of the fifth takes five seconds.
    assert ">5.0" in rows[4]
    assert ">1.0" in rows[0]
    assert 'class="numbers"' not in html
