"""All rungs of the ladder compute the same training."""

import numpy as np
import pytest

from benchmarks import ladder, rungs
from compare import initial_weights
from docs.tools import pages
from tests.parity import assert_parity

PAGE = pages.ROOT / "docs" / "5-from-textbook-to-fast.md"


@pytest.mark.parametrize("rung", rungs.rungs()[1:])
def test_a_rung_arrives_at_the_weights_of_the_textbook(rung: type) -> None:
    rng = np.random.default_rng(0)
    X = rng.random((96, 784)).astype("float32")
    y = rng.integers(0, 10, 96)
    order = rng.permutation(96)
    weights = initial_weights(rungs.LAYER_SIZES, seed=0)
    trained = []
    for kind in (rungs.Textbook, rung):
        program = kind(weights, X, y, 32)
        program.train(order)
        trained.append(program.weights())
    for pair, expected in zip(trained[1], trained[0], strict=True):
        for name, array, reference in zip("Wb", pair, expected, strict=True):
            assert_parity(array, reference.astype("float32"), name=name, tolerance=1e-5)


def test_the_floor_has_the_eight_products_of_a_step() -> None:
    weights = initial_weights(rungs.LAYER_SIZES, seed=0)
    floor = rungs.MatrixProducts(weights, np.empty(0), np.empty(0), 64)
    assert len(floor.products) == 8
    n_multiplications = sum(
        a.shape[0] * a.shape[1] * b.shape[1] for a, b, _ in floor.products
    )
    # Forward and dW: 109,184 weights each; da: all but the first layer's.
    assert n_multiplications == 64 * (2 * 109_184 + 8_832)


def test_the_table_tells_gain_and_floor() -> None:
    times = {
        "First.": np.array([8.0, 8, 8]),
        "Second.": np.array([4.0, 4, 4]),
        "Floor.": np.array([2.0, 2, 2]),
    }
    lines = ladder.table(times).splitlines()
    assert lines[2].split() == ["Second", "4", "×", "2.00", "(2.00–2.00)", "2.00"]
    assert lines[3].split() == ["Floor", "2", "1.00"]


def test_it_runs_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert ladder.main(["--rounds", "1", "--steps", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rungs.rungs()) + 4


def test_page_five_shows_every_rung() -> None:
    blocks = [b.code for b in pages.code_blocks(PAGE) if b.language == "console"]
    (block,) = (code for code in blocks if "benchmarks.ladder" in code)
    shown = [line[:44].strip() for line in block.splitlines()[4:]]
    kinds = (*rungs.RUNGS, *rungs.COMPILED, rungs.MatrixProducts)
    assert shown == [(kind.__doc__ or "").rstrip(".") for kind in kinds]
