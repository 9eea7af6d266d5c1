"""The gate: equal is equal, 0.1 % off is different, failures are named."""

import re
from pathlib import Path

import numpy as np
import pytest

from compare.contract import Weights
from compare.measure import comparison, parity, shared
from compare.record.plan import Plan
from compare.record.results import Parity
from tests.measure import small

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def scratch(folder_of_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scratch")
    shared.write(comparison.load(small.plan(folder_of_data, "numpy")), folder)
    return folder


def gate(plan: Plan, scratch: Path) -> dict[str, Parity]:
    return {record.implementation: record for record in parity.gate(plan, scratch)}


def test_right_wrong_and_failing_implementations_are_told_apart(scratch: Path) -> None:
    names = ["numpy", "textbook"]
    own = ["Plain", "GradientOff", "AlwaysFloat32", "Raises", "WrongWeights"]
    names += [small.own(name) for name in own]
    names += [small.own("CannotDoThat"), small.own("Diverges")]
    found = gate(small.plan(scratch, *names, control=True), scratch)
    assert list(found) == names  # a control is the same code: no second judgement

    assert found["numpy"].status == "reference"
    for name in ("textbook", small.own("Plain")):
        equal = found[name]
        assert (equal.status, equal.reason) == ("equal", "")
        assert equal.reference == "numpy"
        assert equal.max_relative_difference is not None
        assert equal.max_relative_difference <= 1e-12
        assert equal.n_agree == equal.n_predictions == 100

    off = found[small.own("GradientOff")]
    assert (off.status, off.reason) == ("different", "above the tolerance of 1e-12")
    assert off.max_relative_difference is not None
    assert off.max_relative_difference > 1e-6
    rounded = found[small.own("AlwaysFloat32")]
    assert rounded.status == "different"
    assert "float32 where float64 was asked for" in rounded.reason

    assert found[small.own("CannotDoThat")].status == "unsupported"
    assert found[small.own("CannotDoThat")].reason == "it only knows Sundays"
    for name, words in (
        ("Raises", "IndexError: row 7 is missing"),
        ("WrongWeights", "get_weights must return shapes [((784, 16), (16,)), "),
        ("Diverges", "not finite"),
    ):
        assert found[small.own(name)].status == "failed"
        assert words in found[small.own(name)].reason


@pytest.mark.slow
def test_scikit_learns_adam_is_matched_by_its_own_place_for_epsilon(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = small.plan(
        scratch, "numpy", "sklearn", optimizer="adam", learning_rate=0.001
    )
    found = gate(plan, scratch)
    assert found["sklearn"].reference == "numpy-eps-hat"
    assert found["sklearn"].status == "equal"

    # Beside the epsilon of Kingma & Ba's algorithm it is another method.
    monkeypatch.setattr(parity, "_has_epsilon_hat", lambda name: False)
    found = gate(plan, scratch)
    assert found["sklearn"].reference == "numpy"
    assert found["sklearn"].status == "different"


def test_one_that_fails_is_nobodys_reference(scratch: Path) -> None:
    raises, plain, off = map(small.own, ("Raises", "Plain", "GradientOff"))
    found = gate(small.plan(scratch, raises, plain, off), scratch)
    assert found[raises].status == "failed"
    assert found[plain].status == "reference"
    assert (found[off].status, found[off].reference) == ("different", plain)


def test_torch_is_the_reference_where_it_takes_part(scratch: Path) -> None:
    found = gate(small.plan(scratch, "numpy", "torch"), scratch)
    assert found["torch"].status == "reference"
    assert (found["numpy"].status, found["numpy"].reference) == ("equal", "torch")


def test_relative_difference_is_the_worst_array_against_its_own_scale() -> None:
    reference: Weights = [(np.array([[100.0, 2.0]]), np.array([0.5]))]
    ours: Weights = [(np.array([[100.0, 2.1]]), np.array([0.6]))]
    # 0.1 / 100 in W, 0.1 / 0.5 in b
    assert parity.relative_difference(ours, reference) == pytest.approx(0.2)


def test_relative_difference_never_hides_what_is_not_a_number() -> None:
    reference: Weights = [(np.array([[1.0]]), np.array([1.0]))]
    broken: list[Weights] = [
        [(np.array([[np.nan]]), np.array([1.5]))],
        [(np.array([[1.5]]), np.array([np.nan]))],
    ]
    for ours in broken:
        assert np.isnan(parity.relative_difference(ours, reference))


def test_arrays_that_stay_zero_are_equal() -> None:
    zeros: Weights = [(np.zeros((2, 2)), np.zeros(2))]
    assert parity.relative_difference(zeros, zeros) == 0


@pytest.mark.parametrize(
    ("names", "witnesses"),
    [
        (["numpy"], ["torch"]),
        (["torch"], ["numpy"]),
        (["numpy", "torch"], []),
        ([], []),
    ],
)
def test_a_row_alone_gets_a_witness(names: list[str], witnesses: list[str]) -> None:
    assert parity.witness_for(names) == witnesses


def test_no_label_of_the_test_images_has_a_say(scratch: Path, tmp_path: Path) -> None:
    """With all test labels changed, so that every accuracy is another: the same."""
    plan = small.plan(scratch, "numpy", small.own("Plain"), small.own("GradientOff"))
    for path in scratch.glob("*.npy"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    labels = np.load(tmp_path / "y_test.npy")
    np.save(tmp_path / "y_test.npy", (labels + 1) % 10)
    assert gate(plan, tmp_path) == gate(plan, scratch)


@pytest.mark.parametrize(
    "path", ["README.md", "docs/6-how-we-compare.md", "compare/report/page.html"]
)
def test_nobody_says_that_the_test_set_is_used_once(path: str) -> None:
    """The gate asks its images too: it is test accuracy that is measured once."""
    text = " ".join((ROOT / path).read_text(encoding="utf-8").lower().split())
    assert not re.search("test set (is|was) used once", text)
    assert re.search("accuracy (on the test set )?(is|was) measured once", text)
