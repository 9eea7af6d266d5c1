"""The matrix products alone in a comparison, the machine's full name, both in words."""

from pathlib import Path

import pytest

from compare.measure import environment, floors
from compare.record import judging
from compare.report import floors as words
from tests.measure import small
from tests.report import invented


def test_one_engine_of_each_library_takes_part(tmp_path: Path) -> None:
    plan = small.plan(tmp_path, "numpy", "textbook", "torch", "torch-lean", "sklearn")
    assert floors.libraries_of(plan) == {"numpy": "numpy", "torch": "torch"}
    plan = small.plan(tmp_path, "torch-cuda", small.own("Plain"), "sklearn")
    assert floors.libraries_of(plan) == {"numpy": "sklearn"}
    assert floors.measure(plan) == {}


def test_each_library_is_timed_in_every_round(tmp_path: Path) -> None:
    found = floors.measure(small.plan(tmp_path, "numpy", "torch"))
    assert set(found) == {"numpy", "torch"}
    for seconds in found.values():
        assert len(seconds) == floors.N_ROUNDS
        # 784-16-10 in batches of 64: 4.9 million multiplications and additions.
        assert all(1e-6 < one < 0.1 for one in seconds)


@pytest.mark.parametrize(
    ("numpy", "torch", "meaning"),
    [
        (1.0, 2.0, "NumPy's library is the faster one (2.00 times, "),
        (2.0, 1.0, "PyTorch's library is the faster one (0.50 times, "),
        (1.0, 1.01, "the libraries are alike (1.01 times, "),
    ],
)
def test_the_sentence_says_what_holds_here(
    numpy: float, torch: float, meaning: str
) -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0})
    results.floors = {
        "numpy": [1e-4 * numpy * (1 + 0.001 * k) for k in range(10)],
        "torch": [1e-4 * torch * (1 + 0.001 * k) for k in range(10)],
    }
    (sentence,) = words.sentences(judging.judge(results))
    assert sentence.startswith("the matrix products alone take ")
    assert meaning in sentence


def test_without_two_libraries_nothing_is_said() -> None:
    results = invented.results({"numpy": 1.0})
    assert words.sentences(judging.judge(results)) == []


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (
            (
                "vendor_id : AMD",
                "cpu family : 25",
                "model : 1",
                "model name : AMD EPYC",
            ),
            "AMD EPYC (family 25, model 1)",
        ),
        (
            (
                "cpu family : 6",
                "model : 207",
                "model name : Intel(R) Xeon(R) Processor @ 2.80GHz",
            ),
            "Intel(R) Xeon(R) Processor @ 2.80GHz (family 6, model 207)",
        ),
        (
            ("cpu family : 25", "model : 97", "model name : AMD Ryzen 9 7950X"),
            "AMD Ryzen 9 7950X",
        ),
        (("Model : Raspberry Pi 4 Model B Rev 1.4",), "Raspberry Pi 4 Model B Rev 1.4"),
    ],
)
def test_a_name_that_says_nothing_gets_its_numbers(
    lines: tuple[str, ...], name: str
) -> None:
    assert environment.named(
        "\n".join(line.replace(" :", "\t:") for line in lines)
    ) == (name)
