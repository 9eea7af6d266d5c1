"""Somebody's own network beside an engine: rounding or not, where, and why."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare import cli, registry
from compare.contract import Weights
from compare.explain import observe, own, parting
from compare.explain.observe import Course
from compare.explain.search import Found, Search
from compare.explain.settings import Configuration
from compare.explain.variants import Variant
from data import Dataset

ROOT = Path(__file__).parents[2]
ROUNDING = 3e-14
BASE = own.configuration_of("torch", {})


@pytest.fixture(scope="module")
def course(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course") / "small"
    return own._course(folder, own._pooled(mnist), own.SMALL, "relu")


def observed(
    course: Course, configuration: Configuration, activation: str = "relu"
) -> list[Weights]:
    """Return what PyTorch does with these settings: no line of it is ours."""
    found = []
    hp = configuration.hyper_parameters(course.architecture, activation=activation)
    for _, n_epochs, n_batches in course.stops:
        network = registry.create("torch", hp)
        network.set_weights(course.start)
        for order in course.orders(n_epochs, n_batches):
            network.train_epoch(course.X, course.y, order)
        found.append(network.get_weights())
    return found


def searched(
    course: Course, own_weights: list[Weights], base: Configuration = BASE
) -> Found | None:
    tolerances = [ROUNDING] * len(own_weights)
    return Search(Variant(base, "relu"), course, own_weights, tolerances, 1e6).run()


# Settings that people confuse, and a value that each could have instead.
CONFUSED: dict[str, dict[str, Any]] = {
    "learning rate": {"learning_rate": 0.05},
    "momentum": {"momentum": 0.5},
    "no momentum": {"momentum": 0.0},
    "Nesterov": {"nesterov": True},
    "weight decay": {"l2": 1e-4},
    "batch size": {"batch_size": 32},
}


def plant(n: int, draw: int) -> dict[str, Any]:
    rng = np.random.default_rng([n, draw])
    fields: dict[str, Any] = {}
    for name in rng.permutation(list(CONFUSED)):
        taken = "momentum" in fields and name in ("momentum", "no momentum", "Nesterov")
        if len(fields) < n and not taken and not fields.keys() & CONFUSED[name].keys():
            fields |= CONFUSED[name]
    return fields


def check_planted(course: Course, fields: dict[str, Any]) -> None:
    found = searched(course, observed(course, BASE.changed(**fields)))
    assert found is not None
    c = found.variant.configuration
    changed = {
        name: getattr(c, name)
        for name in Configuration.__dataclass_fields__
        if getattr(c, name) != getattr(BASE, name)
    }
    # Without momentum there is no Nesterov either: it may be on or off.
    for settings in (changed, planted := dict(fields)):
        if c.momentum == 0:
            settings.pop("nesterov", None)
    assert changed == planted
    assert found.difference < 1e-12
    assert found.variant.habits == frozenset()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_planted_settings_are_named_with_their_values(course: Course, n: int) -> None:
    check_planted(course, plant(n, 1))


@pytest.mark.slow
@pytest.mark.parametrize("draw", [0, *range(2, 7)])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_many_planted_settings(course: Course, n: int, draw: int) -> None:
    check_planted(course, plant(n, draw))


def test_an_activation_is_named(course: Course) -> None:
    found = searched(course, observed(course, BASE, "tanh"))
    assert found is not None
    assert found.changes == ("tanh",)
    assert found.options == ()


def test_adam_with_keras_epsilon_is_named(course: Course) -> None:
    adam = own.configuration_of("torch", {"optimizer": "adam"})
    found = searched(course, observed(course, adam.changed(eps=1e-5)), adam)
    assert found is not None
    assert found.options == ("eps=1e-05",)


def test_what_no_setting_explains_is_not_explained(course: Course) -> None:
    spoiled = observed(course, BASE)
    rng = np.random.default_rng(0)
    noisy: list[Weights] = [
        [(W + 1e-3 * rng.normal(size=W.shape), b) for W, b in weights]
        for weights in spoiled
    ]
    search = Search(Variant(BASE, "relu"), course, noisy, [ROUNDING] * len(noisy), 1.0)
    assert search.run() is None


def test_rounding_is_told_from_a_mistake_a_thousand_times_smaller_than_float32(
    course: Course,
) -> None:
    states = own._states(BASE, course)
    alone = observed(course, BASE)  # PyTorch's own rounding
    fed = observe.fed(BASE, course, states, disturbed=9)
    assert parting.find(alone, fed, states, BASE, course).equal
    slightly = BASE.changed(learning_rate=BASE.learning_rate * (1 + 1e-9))
    found = parting.find(
        observed(course, slightly),
        observe.fed(slightly, course, states),
        states,
        BASE,
        course,
    )
    assert not found.equal
    assert found.first_fed is not None
    assert found.first_fed.where == "step 1"


def test_what_is_kept_between_steps_shows_only_when_left_alone(course: Course) -> None:
    states = own._states(BASE, course)
    other = replace(BASE, momentum=0.5)
    found = parting.find(
        observed(course, other),
        observe.fed(other, course, states),
        states,
        BASE,
        course,
    )
    assert found.first_fed is None
    assert found.first_alone is not None
    assert found.first_alone.where == "step 2"


NO_MOMENTUM = """
from numpy_impl import NumpyImplementation

class Mine(NumpyImplementation):
    def __init__(self, **settings):
        super().__init__(**settings | {"momentum": 0.0, "weight_decay": 1e-4})
"""


def test_a_file_of_ones_own_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(NO_MOMENTUM)
    assert cli.main(["explain", f"{path}:Mine", "numpy"]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "weight decay 0.0001 and momentum 0 in numpy, they are equal" in printed
    assert "--second momentum=0 l2=0.0001" in printed


@pytest.mark.slow
def test_the_advice_is_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(NO_MOMENTUM)
    advice = ["--second", "momentum=0", "l2=0.0001"]
    assert cli.main(["explain", f"{path}:Mine", "torch", *advice, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["kind"] == "conclusion"
    assert rows[0]["equal"] is True


def test_two_of_ones_own_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{ROOT / 'examples' / 'my_mlp.py'}:MyMLP"
    assert cli.main(["explain", name, name]) == 2
    assert "one of the two names must be an engine" in capsys.readouterr().err


LESS_MOMENTUM = """
from numpy_impl import ConvNumpyImplementation


class Mine(ConvNumpyImplementation):
    def __init__(self, *, conv_layers, layer_sizes, dtype, **options):
        super().__init__(
            conv_layers=conv_layers,
            layer_sizes=layer_sizes,
            dtype=dtype,
            **options | {"momentum": 0.8},
        )
"""


@pytest.mark.slow
def test_a_convolutional_network_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LESS_MOMENTUM)
    arguments = [f"{path}:Mine", "torch", "--layers", "784-10", "--conv", "3x5"]
    assert cli.main(["explain", *arguments]) == 1
    printed = capsys.readouterr().out
    assert "784-conv3(5x5)-10" in printed
    assert "torch --layers 784-10 --conv 3x5 --second momentum=0.8" in printed


def test_a_class_that_fails_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.py"
    path.write_text(
        NO_MOMENTUM + "    def train_epoch(self, X, y, order):\n        1 / 0\n"
    )
    assert cli.main(["explain", f"{path}:Mine", "numpy"]) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def odd_adam(
    course: Course, *, corrected: bool, inside_root: bool, eps: float
) -> list[Weights]:
    """Return what an Adam with these habits does; its gradients are PyTorch's."""
    hp = own.configuration_of("torch", {"optimizer": "adam"}).hyper_parameters(
        course.architecture
    )
    reference = registry.create("torch", hp)
    found = []
    for _, n_epochs, n_batches in course.stops:
        weights, t = [array.copy() for pair in course.start for array in pair], 0
        moments = [(0 * array, 0 * array) for array in weights]
        for order in course.orders(n_epochs, n_batches):
            for begin in range(0, len(order), course.batch_size):
                rows, t = order[begin : begin + course.batch_size], t + 1
                reference.set_weights(pairs(weights))
                _, gradients = reference.loss_and_gradients(  # type: ignore[attr-defined]
                    course.X[rows], course.y[rows]
                )
                flat = [array for pair in gradients for array in pair]
                for i, g in enumerate(flat):
                    m, v = moments[i]
                    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
                    moments[i] = m, v
                    if corrected:
                        m, v = m / (1 - 0.9**t), v / (1 - 0.999**t)
                    root = (v + eps) ** 0.5 if inside_root else v**0.5 + eps
                    weights[i] = weights[i] - 0.001 * m / root
        found.append(pairs(weights))
    return found


def pairs(arrays: list[Any]) -> Weights:
    return list(zip(arrays[::2], arrays[1::2], strict=True))


@pytest.mark.parametrize(
    ("corrected", "inside_root", "words"),
    [
        pytest.param(
            *(False, False, "Adam without bias correction"), marks=pytest.mark.slow
        ),
        (True, True, "Adam's epsilon is added inside the root"),
    ],
)
def test_an_adam_with_habits_is_named(
    course: Course, corrected: bool, inside_root: bool, words: str
) -> None:
    adam = own.configuration_of("torch", {"optimizer": "adam", "eps": 1e-5})
    theirs = odd_adam(course, corrected=corrected, inside_root=inside_root, eps=1e-5)
    found = searched(course, theirs, adam)
    assert found is not None
    assert found.changes == (words,)
