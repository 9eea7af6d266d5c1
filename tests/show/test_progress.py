"""Progress without a terminal: how far, how long still, how good so far."""

import time

import pytest

from compare.show import progress


def test_a_line_tells_how_far_how_long_and_how_good(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress.Steps("training", 40) as steps:
        now = 105.0
        steps.advance(4, "validation, %: numpy 90.0")
        assert capsys.readouterr().err == ""  # a line each ten seconds is enough
        now = 117.0
        steps.advance(6, "validation, %: numpy 95.1")
    # After the first, 6 of 40 steps in 12 s: the other 30 take 60 s.
    assert capsys.readouterr().err == (
        "training: 10 of 40, about 60 s left; validation, %: numpy 95.1\n"
    )


def test_the_start_of_processes_is_no_pace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress.Steps("training", 27) as steps:
        now = 115.0
        steps.advance()
    assert capsys.readouterr().err == "training: 1 of 27\n"


@pytest.mark.parametrize(
    ("seconds", "words"), [(99.4, "99 s"), (150, "2 min"), (9_000, "2.5 h")]
)
def test_an_estimate_is_no_more_exact_than_it_deserves(
    seconds: float, words: str
) -> None:
    assert progress.in_words(seconds) == words
