"""A mistake is named whatever the layer sizes, the batch size and the constructor."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compare
from compare.check.api import check
from compare.check.exercises.network import MyMLP
from tests.check.share import every
from tests.check.zoo import SPECIMENS, of_functions, of_training
from tests.check.zoo.loading import load, name_of, named
from tests.check.zoo.planting import ACTIVATIONS, Specimen

SIZES = st.lists(st.integers(2, 12), min_size=3, max_size=5).map(
    lambda sizes: (*sizes[:-1], max(3, sizes[-1]))
)
# A layer alone must be one that every network here has; and a number that somebody
# wrote down may be the one asked for.
ANY_SIZE = [
    s for s in (*of_functions.specimens(), *of_training.specimens()) if not s.options
]


@pytest.mark.slow
@settings(max_examples=5)
@given(
    specimen=st.sampled_from(ANY_SIZE),
    sizes=SIZES,
    batch_size=st.integers(2, 40),
    data=st.data(),
)
def test_random_sizes(
    specimen: Specimen, sizes: tuple[int, ...], batch_size: int, data: st.DataObject
) -> None:
    activation = data.draw(st.sampled_from(specimen.activations))
    report = check(
        load(specimen.source(1)),
        whole_epoch=False,
        layer_sizes=sizes,
        batch_size=batch_size,
        activation=activation,
        **specimen.options,
    )
    assert named(report) == [specimen.key], report


@settings(max_examples=2)
@given(
    sizes=SIZES,
    batch_size=st.integers(1, 40),
    activation=st.sampled_from(ACTIVATIONS),
    optimizer=st.sampled_from(["sgd", "adam", "adamw"]),
)
def test_the_correct_file_passes_at_random_sizes(
    sizes: tuple[int, ...], batch_size: int, activation: str, optimizer: str
) -> None:
    report = check(
        MyMLP,
        whole_epoch=False,
        layer_sizes=sizes,
        batch_size=batch_size,
        activation=activation,
        optimizer=optimizer,
    )
    assert report.passed, report


def fixed(mlp: Any, **options: Any) -> Any:
    """Return a class that takes nothing: its sizes and habits are fixed."""

    class Fixed(mlp):  # type: ignore[misc]  # the class is made at run time
        def __init__(self) -> None:
            super().__init__(layer_sizes=(30, 8, 8, 10), **options)

    return Fixed


# Without weight_decay there is no decay to get wrong; another rate or momentum is a
# choice, if none was asked for.
CHOICES = ("l2", "decay", "momentum", "learning-rate")
FIXED = [s for s in ANY_SIZE if not s.key.startswith(CHOICES)][::9]


@pytest.mark.parametrize("specimen", every(7, FIXED, name=name_of))
def test_a_class_of_fixed_sizes(specimen: Specimen) -> None:
    activation = specimen.activations[0]
    mlp = fixed(load(specimen.source(1)), activation=activation, dtype="float64")
    report = check(
        mlp, whole_epoch=False, layer_sizes=(30, 8, 8, 10), activation=activation
    )
    assert not report.passed
    # The matrix between the hidden layers is the only square one: some mistakes
    # cannot be told from others, but none gets a wrong name.
    assert set(report.mistakes) <= {specimen.key}, report


WITHOUT_GRADIENTS = [
    s
    for s in SPECIMENS
    if s.key in ("sum-over-batch", "db-missing", "mask-wrong-layer")
]


@pytest.mark.parametrize("specimen", every(4, WITHOUT_GRADIENTS, name=name_of))
def test_a_class_without_gradients_is_judged_by_its_steps(specimen: Specimen) -> None:
    mlp = load(specimen.source(1))
    mlp.loss_and_gradients = None
    report = check(mlp, whole_epoch=False, layer_sizes=(7, 6, 6, 10))
    if specimen.note == "loss only":
        assert report.passed, report
        return
    assert report.mistakes == [specimen.key], report
    absent = [gate for gate in report.gates if gate.passed is None]
    assert "no method loss_and_gradients" in absent[0].message


def test_a_float32_class_is_judged_in_float32() -> None:
    report = check(fixed(MyMLP), whole_epoch=False, layer_sizes=(30, 8, 8, 10))
    assert report.passed, report
    assert any("computes in float32" in note for note in report.notes)


@pytest.mark.parametrize(
    "key",
    [
        "sum-over-batch",
        pytest.param("db-averaged", marks=pytest.mark.slow),
        pytest.param("wrong-sign", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_in_float32_is_named(key: str) -> None:
    specimen = next(s for s in SPECIMENS if s.key == key and not s.note)
    report = check(
        fixed(load(specimen.source())), whole_epoch=False, layer_sizes=(30, 8, 8, 10)
    )
    assert report.mistakes == [key], report


def test_mistakes_that_look_alike_are_told_apart_by_another_momentum() -> None:
    """At momentum 0.9 and ten classes, 1 − momentum is one divided by the classes."""
    specimen = next(s for s in SPECIMENS if s.key == "mean-over-classes")
    mlp: Any = load(specimen.source())
    mlp.loss_and_gradients = None

    class NoMomentum(mlp):  # type: ignore[misc]  # the class is made at run time
        def __init__(
            self, layer_sizes: Any, batch_size: int, learning_rate: float, dtype: str
        ) -> None:
            super().__init__(
                layer_sizes=layer_sizes,
                batch_size=batch_size,
                learning_rate=learning_rate,
                dtype=dtype,
            )

    tie = check(NoMomentum, whole_epoch=False, layer_sizes=(7, 6, 6, 10))
    assert tie.verdict == "different", tie
    (both,) = tie.differences
    assert both.key == "momentum-damped"
    assert "or the loss is a mean over the 10 classes: at μ = 0.9" in both.words
    told = check(mlp, whole_epoch=False, layer_sizes=(7, 6, 6, 10))
    assert told.mistakes == ["mean-over-classes"], told


def test_defaults_of_the_signature_are_what_is_checked() -> None:
    class Mine(MyMLP):
        def __init__(
            self, optimizer: str = "adam", learning_rate: float = 0.01, **rest: Any
        ) -> None:
            super().__init__(optimizer=optimizer, learning_rate=learning_rate, **rest)

    report = check(Mine, whole_epoch=False, layer_sizes=(7, 6, 6, 10))
    assert report.passed, report
    assert "adam (learning rate 0.01)" in report.heading[1]
    asked = check(
        Mine, whole_epoch=False, layer_sizes=(7, 6, 6, 10), learning_rate=0.02
    )
    assert "adam (learning rate 0.02)" in asked.heading[1]


def test_a_class_may_take_the_object_with_all_hyper_parameters() -> None:
    class Mine(MyMLP):
        def __init__(self, hp: compare.HyperParameters) -> None:
            super().__init__(
                layer_sizes=hp.layer_sizes,
                batch_size=hp.batch_size,
                dtype=hp.dtype,
            )

    report = check(Mine, whole_epoch=False, layer_sizes=(12, 9, 10))
    assert report.passed, report
    # It does not read weight_decay, so that is not asked of it.
    assert not any("L2" in gate.name for gate in report.gates)
    assert "7-6-10 and 10-10-10" in report.heading[2]


def test_the_gates_cover_every_tensor() -> None:
    report = check(MyMLP, whole_epoch=False, layer_sizes=(5, 4, 3))
    names = [gate.name for gate in report.gates]
    assert [n for n in names if n.startswith("gradient ")] == [
        "gradient dW[0]",
        "gradient db[0]",
        "gradient dW[1]",
        "gradient db[1]",
    ]
    assert np.isfinite([g.comparison.error for g in report.gates if g.comparison]).all()
