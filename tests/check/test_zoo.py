"""Every specimen of the bug zoo is caught and named exactly.

The last lines of a test run tell how many (`conftest.py`).
"""

import itertools
from collections.abc import Callable

import pytest

from compare.check.api import check
from compare.check.catalogue import CATALOGUE
from compare.check.findings import Report
from tests.check.convolutions import MISTAKES
from tests.check.share import every
from tests.check.zoo import SPECIMENS
from tests.check.zoo.loading import SIZES, load, name_of, named
from tests.check.zoo.planting import Specimen

NUMBERED = list(enumerate(SPECIMENS))


def diagnose(specimen: Specimen, layer: int, activation: str) -> Report:
    return check(
        load(specimen.source(layer)),
        whole_epoch=False,
        layer_sizes=SIZES,
        activation=activation,
        **specimen.options,
    )


# Some of every file of the zoo by default.
@pytest.mark.parametrize(
    ("number", "specimen"),
    every(30, NUMBERED, name=lambda pair: name_of(pair[1])),
)
def test_a_specimen_is_named_exactly(
    number: int, specimen: Specimen, record_property: Callable[[str, object], None]
) -> None:
    # Each specimen once, activation and layer going round; the slow test has them all.
    activation = specimen.activations[number % len(specimen.activations)]
    layers = specimen.possible_layers(len(SIZES) - 1)
    report = diagnose(specimen, layers[number % len(layers)], activation)
    is_named = named(report) == [specimen.key]
    record_property("bug zoo", "named" if is_named else "not named")
    assert report.verdict != "right", "not caught"
    assert is_named, report
    assert len({finding.keys for finding in report.findings}) < 2, report


@pytest.mark.slow
@pytest.mark.parametrize("specimen", SPECIMENS, ids=[name_of(s) for s in SPECIMENS])
def test_a_specimen_is_named_under_every_activation_and_in_every_layer(
    specimen: Specimen,
) -> None:
    for activation in specimen.activations:
        for layer in specimen.possible_layers(len(SIZES) - 1):
            report = diagnose(specimen, layer, activation)
            assert named(report) == [specimen.key], (activation, layer, report)


def test_every_mistake_of_the_catalogue_has_a_specimen() -> None:
    planted = {s.key for s in SPECIMENS} | {m["key"] for m in MISTAKES if m["key"]}
    assert planted == {mistake.key for mistake in CATALOGUE}


COMBINATIONS = itertools.product(
    ["sgd", "adam", "adamw"],
    ["relu", "sigmoid", "tanh", "identity"],
    ["float32", "float64"],
)


# By default each value of each option once or more often.
@pytest.mark.parametrize(("optimizer", "activation", "dtype"), every(5, COMBINATIONS))
def test_the_correct_file_passes(optimizer: str, activation: str, dtype: str) -> None:
    from compare.check.exercises.network import MyMLP

    report = check(
        MyMLP,
        whole_epoch=False,
        layer_sizes=SIZES,
        optimizer=optimizer,
        activation=activation,
        dtype=dtype,
        weight_decay=0.01,
    )
    assert report.passed, report
    assert not report.findings
