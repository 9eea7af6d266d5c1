"""Convolutional networks of other hands: right ones pass, mistakes are named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare import cli
from compare.check import reference
from compare.check.api import check
from compare.check.arrays import agrees
from compare.check.probes import CoursePlan, make_course, make_probe, smooth_probe
from compare.check.simulate.equations import Equations
from compare.check.simulate.rules import Rules
from compare.config import HyperParameters
from numpy_impl import textbook_conv
from tests.check.convolutions import FOLDER, MISTAKES

NETWORK: dict[str, Any] = {
    "layer_sizes": (784, 8, 10),
    "conv_layers": ((4, 5), (6, 3)),
}
# The others are slow.
BY_DEFAULT = ("conv-backward-not-flipped",)


def functions(style: str, old: str = "", new: str = "") -> tuple[Any, Any]:
    """Return forward and gradients of one style, with a mistake planted."""
    text = (FOLDER / f"{style}.txt").read_text(encoding="utf-8")
    assert old in text
    names: dict[str, Any] = {}
    changed = text.replace(old, new) if old else text
    exec(compile(changed, f"{style}.py", "exec"), names)  # noqa: S102  # our own
    return names["forward"], names["gradients"]


@pytest.mark.parametrize(
    "style",
    [
        "windows",
        pytest.param("unfolded", marks=pytest.mark.slow),
        pytest.param("loops", marks=pytest.mark.slow),
    ],
)
def test_a_right_network_passes(style: str) -> None:
    report = check(*functions(style), **NETWORK)
    assert report.passed, report
    assert len([gate for gate in report.gates if gate.passed]) == 16


def marks_of(mistake: dict[str, str]) -> Any:
    fast = mistake["key"] in BY_DEFAULT and mistake["style"] == "windows"
    return () if fast else pytest.mark.slow


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(
            mistake,
            marks=marks_of(mistake),
            id=f"{mistake['key'] or mistake['first']} in {mistake['style']}",
        )
        for mistake in MISTAKES
    ],
)
def test_a_mistake_is_named_or_where_it_begins(mistake: dict[str, str]) -> None:
    changed = functions(mistake["style"], mistake["old"], mistake["new"])
    report = check(*changed, **NETWORK)
    failed = [gate.name for gate in report.gates if gate.passed is False]
    assert failed, "not caught"
    if mistake["key"]:
        assert report.mistakes == [mistake["key"]], report
        return
    assert report.mistakes == [], report
    assert failed[0] == mistake["first"], report
    assert report.findings[0].facts, report


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_simulated_network_is_that_of_pytorch(activation: str) -> None:
    hp = HyperParameters(
        layer_sizes=(2 * 12 * 9, 6, 4),
        conv_layers=((3, 3), (4, 2)),
        image_shape=(2, 12, 9),
        activation=activation,
        dtype="float64",
        batch_size=9,
    )
    for probe in (make_probe(hp, seed=1), smooth_probe(hp, seed=1)):
        right = reference.answer(probe)
        p = Equations().forward(probe.weights, probe.X, probe.y, hp=hp)
        assert agrees(p.probs, right.probs, 1e-13)
        for mine, theirs in zip(Equations().gradients(p), right.gradients, strict=True):
            assert agrees(mine[0], theirs[0], 1e-13)
            assert agrees(mine[1], theirs[1], 1e-13)
    course = make_course(hp, CoursePlan(10, 2, short=True, seed=4))
    after = Rules().trajectory(hp, course.weights, course.X, course.y, course.orders)
    for mine, theirs in zip(after[-1], reference.trajectory(course)[-1], strict=True):
        assert agrees(mine[0], theirs[0], 1e-12)
        assert agrees(mine[1], theirs[1], 1e-12)


def test_pools_have_ties_that_count() -> None:
    """Several pixels are exactly the largest, and their slope is not 0."""
    hp = HyperParameters(**NETWORK, dtype="float64")
    probe = make_probe(hp, seed=1)
    p = Equations().forward(probe.weights, probe.X, probe.y, hp=hp)
    for maps, least in zip(p.outputs, (10, 1), strict=False):
        four = np.asarray(textbook_conv.pools(maps))
        largest = four.max(axis=-1, keepdims=True)
        assert (
            ((four == largest).sum(axis=-1) > 1) & (largest[..., 0] > 0)
        ).sum() >= least


@pytest.mark.slow  # a dense network is asked for in the same way
def test_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my_cnn.py"
    path.write_text((FOLDER / "windows.txt").read_text(encoding="utf-8"))
    arguments = ["check", str(path), "--layers", "784-6-10", "--conv", "3x5-4x5"]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "784-conv3(5x5)-conv4(5x5)-6-10, relu" in printed
    assert "gradient dW[1]     4 × 3 × 5 × 5" in printed
    assert "forward returns logits" in printed
    assert "Your lines were not read" in printed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy", "torch", "textbook"])
def test_built_in_networks_pass_with_their_training(name: str) -> None:
    report = check(name, **NETWORK, whole_epoch=False)
    assert report.passed, report
    assert any(gate.stage == "steps" and gate.passed for gate in report.gates)
