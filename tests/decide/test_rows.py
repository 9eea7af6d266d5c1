"""Figures, leaders and sentences from made-up measurements."""

from pathlib import Path

import numpy as np
import pytest

from compare.decide import rows as figures_of
from compare.decide import text as decide_text
from compare.decide.measure import Measured
from compare.decide.ways import Way

REFERENCE = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
LABELS = np.array([0, 1, 1, 1])


def made_up(name: str, microseconds: float, *, off: float = 0.0) -> Measured:
    """Return a way with 5 rounds of 100 calls, all alike but for one slow one."""
    calls = [[microseconds * 1e-6] * 98 + [1e-3] * 2 for _ in range(5)]
    probs = REFERENCE + np.array([off, -off], np.float32)
    return Measured(
        Way(name, Path("file"), 2**20 * int(microseconds)),
        file_bytes=2048,
        import_seconds=[0.2, 0.1, 0.3, 0.1, 0.2],
        first_answer_seconds=[1e4 * microseconds * 1e-6 * k for k in (1, 1, 2, 1, 1)],
        calls=calls,
        batch_seconds={1: [microseconds * 1e-7] * 5, 2: [microseconds * 2e-8] * 5},
        memory_bytes=[2**20 * 30] * 5,
        probabilities=probs,
    )


def test_a_row_has_the_percentiles_of_all_calls() -> None:
    (row,) = figures_of.rows([made_up("numpy", 10)], REFERENCE, LABELS)
    assert row.latency_seconds == pytest.approx({50: 1e-5, 95: 1e-5, 99: 1e-3})
    assert row.images_per_second is not None
    assert round(row.images_per_second[1]) == 1_000_000
    assert row.most_images_per_second == row.images_per_second[2]
    assert (row.import_seconds, row.memory_bytes) == (0.2, 30 * 2**20)
    assert (row.largest_difference, row.same_answers, row.right) == (0.0, 4, 3)
    assert row.agrees


def test_answers_that_differ_are_found() -> None:
    (row,) = figures_of.rows([made_up("torch", 10, off=1e-3)], REFERENCE, LABELS)
    assert row.same_answers == 4
    assert not row.agrees
    assert "DIFFERENT (by 1.0e-03)" in decide_text.tables([row])


def test_quantized_weights_may_differ() -> None:
    (row,) = figures_of.rows([made_up("onnx-int8", 10, off=0.25)], REFERENCE, LABELS)
    assert row.agrees
    assert row.same_answers == 3


def test_the_sentences_name_who_is_first_and_by_how_much() -> None:
    found = [made_up("torch", 30), made_up("numpy", 10), made_up("jax", 60)]
    rows = figures_of.rows(found, REFERENCE, LABELS)
    assert decide_text.sentences(found, rows) == [
        "One image at a time: numpy; numpy is 3.00 (3.00–3.00) times as fast as "
        "torch, the next.",
        "Many images at once, any number of threads: numpy; numpy is 3.00 (3.00–3.00) "
        "times as fast as torch, the next.",
        "From a cold start to the first answer: numpy; numpy is 3.00 (3.00–3.00) times "
        "as fast as torch, the next; numpy takes 10 MB on disk and 30 MB of memory, "
        "jax 60 MB and 30 MB.",
    ]


def test_equals_are_too_close_to_call() -> None:
    found = [made_up("torch", 10), made_up("numpy", 10), made_up("jax", 60)]
    rows = figures_of.rows(found, REFERENCE, LABELS)
    first = decide_text.sentences(found, rows)[0]
    assert "too close to call between torch and numpy; " in first
    assert "6.00 (6.00–6.00) times as fast as jax, the next" in first


def test_two_rounds_rank_nobody() -> None:
    found = [made_up("torch", 10), made_up("numpy", 30)]
    for one in found:
        del one.calls[2:]
    rows = figures_of.rows(found, REFERENCE, LABELS)
    first = decide_text.sentences(found, rows)[0]
    assert first == "One image at a time: too few rounds to rank (3 are needed)."


def test_a_way_that_failed_is_a_sentence_and_in_no_ranking() -> None:
    failed = Measured(Way("jax", Path("file"), 1), 2048, reason="it needs jaxlib")
    found = [made_up("numpy", 10), failed]
    rows = figures_of.rows(found, REFERENCE, LABELS)
    assert "n/a: it needs jaxlib" in decide_text.tables(rows)
    assert decide_text.sentences(found, rows)[0] == "One image at a time: numpy."
    assert decide_text.sentences([failed], rows[1:]) == []
