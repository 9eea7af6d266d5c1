"""A row that does not pass the parity gate is measured, but never ranked without words.

Wherever its ratio, its time or its accuracy stands beside that of others, so do the
words that it is another computation.
"""

import re
from typing import Literal

import pytest
from matplotlib.figure import Figure

from compare.recipe import load
from compare.recipes import text as recipe_table
from compare.record.judging import judge
from compare.record.results import Results
from compare.report import headline, notes, page, pictures, tables
from compare.report.figures import bars
from compare.verify import verification
from tests.report import invented

OTHER = "another computation"
SECONDS = {"numpy": 1.0, "torch": 2.0, "mine.py:Net": 0.5}


def apart(**changes: object) -> Results:
    found = invented.results(SECONDS, **changes)  # type: ignore[arg-type]  # of invented
    found.parity[2].status = "different"
    return found


def about_net(sentences: list[str]) -> str:
    (found,) = [sentence for sentence in sentences if "Net" in sentence]
    return found


@pytest.mark.parametrize("status", ["different", "failed"])
def test_a_clear_lead_is_a_ratio_and_no_rank(
    status: Literal["different", "failed"],
) -> None:
    results = apart()
    results.parity[2].status = status
    # 2 s against 0.5 s in each of three rounds, with the same jitter.
    assert about_net(notes.speed_sentences(judge(results))) == (
        "mine.py:Net is another computation than torch and not ranked with it (speed "
        "ratio 4.00 times, 95 % interval 4.00 to 4.00, 3 paired rounds)"
    )
    assert invented.printed_row(results, "mine.py:Net")[-1] == (
        f"4.00 (4.00–4.00; {OTHER})"
    )
    assert invented.printed_row(results, "numpy")[-1] == "2.00 (2.00–2.00)"
    assert (
        "numpy is 2.00 times as fast as torch"
        in notes.speed_sentences(judge(results))[0]
    )


def test_verdicts_that_rank_nobody_keep_their_reason() -> None:
    few = apart(seeds=(0, 1))
    assert about_net(notes.speed_sentences(judge(few))) == (
        "mine.py:Net against torch: not enough data (2 paired rounds, 3 needed); "
        "mine.py:Net is another computation than torch"
    )
    assert (
        invented.printed_row(few, "mine.py:Net")[-1] == f"4.00 (needs 3 seeds; {OTHER})"
    )
    noisy = apart()
    for run in noisy.runs_of("mine.py:Net"):
        for record in run.epochs:  # each seed at another speed
            record.train_seconds *= (0.3, 1, 3.3)[run.seed]
    assert "too noisy to rank" in about_net(notes.speed_sentences(judge(noisy)))
    assert about_net(notes.speed_sentences(judge(noisy))).endswith(
        f"{OTHER} than torch"
    )
    assert (
        invented.printed_row(noisy, "mine.py:Net")[-1] == f"too noisy to rank ({OTHER})"
    )


def test_accuracy_says_it_too() -> None:
    results = apart(n_wrong={"mine.py:Net": 40})
    sentence = about_net(notes.accuracy_sentences(judge(results)))
    assert "mine.py:Net is 15.00 points less accurate than torch" in sentence
    assert sentence.endswith("; mine.py:Net is another computation than torch")
    said = " ".join(notes.render(judge(results)).split())
    assert f"{sentence}; exact McNemar per seed: p = " in said
    assert OTHER not in notes.accuracy_sentences(judge(results))[0]
    names = [pairs.name for pairs in tables.mcnemar(judge(results))]
    assert names == ["numpy", f"mine.py:Net ({OTHER})"]


def test_the_page_says_it_at_every_figure() -> None:
    results = apart()
    shown = [*pictures.speed(judge(results)), *pictures.accuracy(judge(results))]
    for figure in shown:
        assert f"mine.py:Net ({OTHER})" in figure.svg
    plain = re.sub("<[^>]+>", "", page.render(judge(results)))
    for sentence in re.findall(r"[^\n]*mine\.py:Net[^\n]*(?:fast|speed)[^\n]*", plain):
        assert OTHER in sentence
    assert not re.search(r"Net[^\n]* as fast as", plain)
    line = tables.comparison(judge(results)).groups[0].lines[-1]
    assert str(line.cells[-1]) == f"4.00 (4.00–4.00; {OTHER})"


def test_the_figure_ranks_only_the_others() -> None:
    figure = Figure()
    bars.speed(figure.subplots(), judge(apart()))
    words = [found.get_text() for found in figure.axes[0].texts]
    assert words == ["2.00", "4.00 (not ranked)"]
    names = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert names == ["numpy", f"mine.py:Net\n({OTHER})"]


def test_who_is_apart_is_no_baseline_while_another_can_be() -> None:
    results = apart()
    results.parity[1].status = "failed"  # torch
    assert judge(results).baseline.label == "numpy"
    assert [row.label for row, _ in bars.compared(judge(results))] == [
        "torch",
        "mine.py:Net",
    ]
    assert all(OTHER in sentence for sentence in notes.speed_sentences(judge(results)))
    assert not any("Training:" in said for said in headline.sentences(judge(results)))


def test_if_all_are_apart_nobody_is_ranked() -> None:
    results = apart()
    for parity in results.parity:
        parity.status = "different"
    assert judge(results).baseline.label == "torch"
    assert all(OTHER in sentence for sentence in notes.speed_sentences(judge(results)))
    assert not any("Training:" in said for said in headline.sentences(judge(results)))


def test_verify_names_the_speed_of_another_computation() -> None:
    whats = [f.what for f in verification.judge(apart(), apart()) if "speed" in f.what]
    assert whats == ["speed against torch", f"speed against torch ({OTHER})"]


def test_the_table_of_recipes_names_it() -> None:
    printed = recipe_table.render([(load("hidden-128"), apart())])
    assert f"mine.py:Net ({OTHER})" in printed
    assert f"numpy ({OTHER})" not in printed
