import pandas as pd
import pytest

from compare.sweep import summary, text


def rows(values: dict[float, list[tuple[float, float]]]) -> pd.DataFrame:
    """Return trainings of one engine: learning rate → (validation, test) per seed."""
    return pd.DataFrame(
        [
            {
                "learning_rate": rate,
                "engine": "numpy",
                "seed": seed,
                "status": "complete",
                "reason": "",
                "val_accuracy": val,
                "test_accuracy": test,
            }
            for rate, pairs in values.items()
            for seed, (val, test) in enumerate(pairs)
        ]
    )


def test_the_best_is_chosen_by_validation_not_by_test() -> None:
    frame = rows({0.1: [(0.97, 0.91), (0.97, 0.92)], 0.2: [(0.96, 0.99), (0.96, 0.99)]})
    (best,) = summary.best(frame, ["learning_rate"])
    assert best.point == {"learning_rate": 0.1}
    assert best.test.mean == pytest.approx(0.915)


def test_few_lucky_seeds_do_not_beat_many() -> None:
    frame = rows({0.1: [(0.97, 0.9)] * 3, 0.2: [(0.99, 0.99)]})
    (best,) = summary.best(frame, ["learning_rate"])
    assert best.point == {"learning_rate": 0.1}


def test_the_interval_is_students() -> None:
    """By hand: 0.1, 0.2, 0.3 has sd 0.1; t(0.975, 2) = 4.3027 from a printed table."""
    found = summary.interval(pd.Series([0.4, 0.5, 0.6]))
    half = 4.3027 * 0.1 / 3**0.5
    assert found.mean == pytest.approx(0.5)
    assert found.sd == pytest.approx(0.1)
    assert found.low == pytest.approx(0.5 - half, rel=1e-4)
    assert found.high == pytest.approx(0.5 + half, rel=1e-4)


def test_no_interval_from_two_seeds_and_none_beyond_one() -> None:
    assert summary.interval(pd.Series([0.4, 0.6])).low is None
    assert summary.interval(pd.Series([0.4])).sd is None
    assert summary.interval(pd.Series([0.5, 0.99, 1.0])).high == 1.0


def test_failures_are_counted_by_their_reason() -> None:
    frame = rows({0.1: [(0.97, 0.9)] * 3})
    frame.loc[:1, ["status", "reason"]] = ["diverged", "not finite"]
    assert text.failures(frame) == ["2 trainings of numpy diverged: not finite"]
