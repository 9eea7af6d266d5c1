"""A run that failed is named with its reason, and its figures count nowhere."""

import re

import pytest

from compare import recipe as recipes
from compare.recipes import text as recipe_table
from compare.record.judging import judge
from compare.record.results import Results
from compare.report import headline, notes, page
from compare.report.figures import confusion, curves
from compare.verify import verification
from tests.report import invented

REASON = "the loss is not a number <b>"
NOTE = (
    f"numpy, seed 2: failed in epoch 4 of 4 ({REASON}); "
    "counted in no average, time or figure"
)


def fail(results: Results, label: str, seed: int, n_epochs: int) -> None:
    """Let one run fail after `n_epochs`, which were a hundred times slower."""
    run = next(r for r in results.runs_of(label) if r.seed == seed)
    run.status, run.reason = "failed", REASON
    del run.epochs[n_epochs:]
    for record in run.epochs:
        record.train_seconds *= 100
        record.val_accuracy = 0.0
    run.test_accuracy = run.test_loss = run.predictions = run.confidences = None


@pytest.fixture
def results() -> Results:
    """Three seeds, of which numpy's last failed in its last epoch."""
    found = invented.results({"numpy": 1.0, "torch": 2.0})
    fail(found, "numpy", 2, 3)
    return found


def test_the_terminal_names_the_run_and_the_reason(results: Results) -> None:
    printed = " ".join(notes.render(judge(results)).split())
    doubts = printed.partition("What makes these figures doubtful:")[2]
    assert f"- {NOTE}." in doubts
    assert "numpy failed with 1 of its 3 seeds." in headline.sentences(judge(results))


@pytest.mark.usefixtures("words_only")
def test_the_page_names_the_run_and_the_reason(results: Results) -> None:
    html = page.render(judge(results))
    assert NOTE.replace("<b>", "&lt;b&gt;") in html
    assert "1 thing makes them doubtful" in html


@pytest.mark.usefixtures("words_only")
def test_its_figures_count_nowhere(results: Results) -> None:
    """Seeds 0 and 1 take 1.00, 1.01, 1.02, 1.00 and 1.01, 1.02, 1.00, 1.01 seconds."""
    cells = invented.printed_row(results, "numpy")
    assert cells[2] == "95.00 ± 0.00"  # the last epoch of `invented`: 1 - 0.2 / 4
    assert cells[3] == "1.010 (1.000–1.012)"
    assert cells[4] == f"{54_000 / 1.01:,.0f}"
    assert cells[5] == "2.00 (needs 3 seeds)"
    assert curves.series(judge(results)["numpy"], "val_accuracy").shape == (2, 4)
    assert not any("numpy: " in doubt for doubt in notes.doubts(judge(results)))
    table = re.sub("<[^>]+>", "", page.render(judge(results)))
    assert "101." not in table


def test_captions_say_of_how_many_seeds_the_mean_is(results: Results) -> None:
    assert "mean of 2 to 3 seeds." in confusion.caption(judge(results))
    assert "Mean of 2 to 3 seeds;" in curves.caption(judge(results))
    whole = invented.results({"numpy": 1.0, "torch": 2.0})
    assert "mean of 3 seeds." in confusion.caption(judge(whole))
    assert "Mean of 3 seeds;" in curves.caption(judge(whole))


def test_the_caption_says_on_how_many_images_training_is_measured() -> None:
    """As many as validation has, unless there are fewer."""
    results = invented.results({"numpy": 1.0})
    assert "Training is measured on 6,000 fixed images" in curves.caption(
        judge(results)
    )
    results.data["n_train"] = 500
    assert "Training is measured on 500 fixed images" in curves.caption(judge(results))


def test_it_counts_nowhere_while_no_other_has_ended(results: Results) -> None:
    for run in results.runs:
        if run.status == "complete":
            run.status = "interrupted"
    assert curves.series(judge(results)["numpy"], "val_accuracy").shape == (2, 4)
    assert invented.printed_row(results, "numpy")[3] == "1.010 (1.000–1.012)"


def test_a_row_whose_every_run_failed_says_so_and_is_no_baseline() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0, "sklearn": 4.0})
    for seed, n_epochs in ((0, 0), (1, 2), (2, 2)):
        fail(results, "torch", seed, n_epochs)
    assert invented.printed_row(results, "torch") == ["torch", f"failed: {REASON}"]
    assert [row.label for row in curves.rows(judge(results))] == ["numpy", "sklearn"]
    assert judge(results).baseline.label == "numpy"
    assert "sklearn runs at 0.25 times the speed of numpy" in notes.render(
        judge(results)
    )
    assert "torch failed." in headline.sentences(judge(results))
    places = [note.partition(" (")[0] for note in notes.doubts(judge(results))]
    assert places == [
        "torch, seed 0: failed before the end of its first epoch",
        "torch, seeds 1 and 2: failed in epoch 3 of 4",
    ]


def test_where_it_failed_is_said() -> None:
    results = invented.results({"numpy": 1.0})
    fail(results, "numpy", 0, 4)
    fail(results, "numpy", 1, 2)
    results.runs_of("numpy")[1].stopped_early = True
    judged = judge(results)
    (note,) = notes.failures(judged, judged["numpy"])
    assert note.startswith("numpy, seeds 0 and 1: failed after its last epoch (")


def test_verify_says_why_a_row_no_longer_comes_to_its_end(results: Results) -> None:
    stored = invented.results({"numpy": 1.0, "torch": 2.0})
    outcome = verification.judge(stored, results)[0]
    assert (outcome.row, outcome.judgement) == ("numpy", "differs")
    assert outcome.reason == NOTE


def test_a_recipe_is_not_reached_by_the_seeds_that_are_left(results: Results) -> None:
    recipe = recipes.load("hidden-128")  # others report less than the 95 % here
    assert max(recipe.reported.values()) < 0.95
    whole = invented.results({"numpy": 1.0, "torch": 2.0})
    assert recipe_table.reached(recipe, whole)
    assert not recipe_table.reached(recipe, results)
    assert NOTE in recipe_table.render([(recipe, results)]).replace("\n  ", " ")
