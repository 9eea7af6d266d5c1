"""Yours against an engine: do they part, where, and under which settings not?"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import data
from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.contract import Array, IntArray
from compare.errors import UnsupportedError, UsageError
from compare.explain import gate, observe, parting, starts
from compare.explain.gate import Same
from compare.explain.observe import Course, Own
from compare.explain.parting import Parting
from compare.explain.search import Found, Search
from compare.explain.settings import Configuration
from compare.explain.training import Trainer
from compare.explain.variants import Variant
from compare.measure import shared
from compare.measure.remote import WorkerFailedError
from compare.measure.scratch import full_disk_in_words, scratch
from compare.registry import ENGINES
from data import Dataset

# Small enough to be searched, with a short last batch; pictures of 7 × 7 pixels.
N_SAMPLES, BATCH_SIZE = 199, 16
SMALL = Architecture((49, 12, 10))
# A class that has its sizes fixed is asked about all of its pixels.
LARGE = Architecture((784, 128, 64, 10))


@dataclass
class Answer:
    """What is known of a user's network beside an engine.

    `n_differ` counts the training images that both would read differently in the end.
    """

    name: str
    engine: str
    course: Course
    configuration: Configuration
    same: list[Same]
    parting: Parting
    n_differ: int
    found: Found | None = None
    out_of_time: bool = False
    notes: list[str] = field(default_factory=list)


def configuration_of(engine: str, changes: dict[str, object]) -> Configuration:
    """Return the settings of the reference: the contract's defaults, by that engine."""
    optimizer = str(changes.get("optimizer", "sgd"))
    hp = HyperParameters(optimizer=optimizer)
    fields = {
        "optimizer": optimizer,
        "learning_rate": hp.learning_rate if optimizer == "sgd" else 0.001,
        "momentum": hp.momentum,
        "nesterov": hp.nesterov,
        "betas": hp.betas,
        "eps": hp.eps,
        "l2": hp.weight_decay,
        "epsilon": "before" if ENGINES[engine].epsilon_hat else "after",
        "batch_size": BATCH_SIZE,
        "dtype": "float64",
    }
    return Configuration(**{**fields, **changes})  # type: ignore[arg-type]  # by name


def ask(
    name: str,
    engine: str,
    changes: dict[str, object],
    *,
    activation: str,
    budget_seconds: float,
    architecture: Architecture | None = None,
) -> Answer:
    """Train both, compare them, and search where they differ.

    Without an `architecture`, the network is a small one that can be searched fast.

    Raises
    ------
    UsageError
        If the user's code cannot be imported or fails.
    """
    asked = configuration_of(engine, {})
    configuration = configuration_of(engine, changes)
    notes: list[str] = []
    dataset = data.load("mnist", train_samples=2_000)
    with scratch() as place:
        if architecture is None:
            own, course = _open(name, place, dataset, asked, activation, notes)
        else:
            own, course = _open_large(
                name, place, dataset, asked, activation, architecture
            )
        with own:
            try:
                alone = own.alone()
                if alone[0][0][0].dtype == np.float32:
                    configuration = replace(configuration, dtype="float32")
                    notes.append(
                        "It computes in float32 although float64 was asked for: "
                        "both are compared in float32."
                    )
                _check_repeatable(own, course, notes)
                states = _states(configuration, course)
                fed = own.fed(states)
            except WorkerFailedError as error:
                raise UsageError(f"{name} fails: {error}") from None
        same = gate.check(
            [(engine, replace(configuration, dtype="float64"))],
            course.folder,
            architecture=course.architecture,
            activation=activation,
        )
        found = parting.find(alone, fed, states, configuration, course)
        answer = Answer(
            name,
            engine,
            course,
            configuration,
            same,
            found,
            _n_differ(alone[-1], configuration, course),
            notes=notes,
        )
        if not found.equal:
            search = Search(
                Variant(replace(configuration, dtype="float64"), activation),
                course,
                alone,
                [max(look.rounding) for look in found.alone],
                budget_seconds,
            )
            answer.found = search.run()
            answer.out_of_time = search.out_of_time
    return answer


def _open(
    name: str,
    scratch: Path,
    dataset: Dataset,
    configuration: Configuration,
    activation: str,
    notes: list[str],
) -> tuple[Own, Course]:
    """Return the user's network: a small one, or the usual if its sizes are fixed."""
    small = _course(scratch / "small", _pooled(dataset), SMALL, activation)
    try:
        own = Own(name, small, configuration)
        try:
            own.train(small.start, [(0, 1)])
        except BaseException:
            own.__exit__()
            raise
        return own, small
    except UnsupportedError as error:
        raise UsageError(str(error)) from None
    except WorkerFailedError:
        notes.append(
            "It does not take another size of network, so the usual one was trained."
        )
    return _open_large(name, scratch, dataset, configuration, activation, LARGE)


def _open_large(
    name: str,
    scratch: Path,
    dataset: Dataset,
    configuration: Configuration,
    activation: str,
    architecture: Architecture,
) -> tuple[Own, Course]:
    """Return the user's network on whole images."""
    images = dataset.X_train[:N_SAMPLES].astype(np.float64)
    large = _course(
        scratch / "large",
        (images, dataset.y_train[:N_SAMPLES]),
        architecture,
        activation,
    )
    try:
        return Own(name, large, configuration), large
    except (WorkerFailedError, UnsupportedError) as error:
        raise UsageError(f"{name} fails: {error}") from None


def _course(
    folder: Path,
    pictures: tuple[Array, IntArray],
    architecture: Architecture,
    activation: str,
) -> Course:
    X, y = pictures
    with full_disk_in_words():
        folder.mkdir()
        for part in (*shared.PARTS, shared.TRAIN_SAMPLE):
            np.save(folder / f"X_{part}.npy", X)
            np.save(folder / f"y_{part}.npy", y)
    # Biases that are not 0: L2 on them would not be seen otherwise.
    start = starts.draw(
        Configuration(weights="glorot", biases="fan-in", dtype="float64"),
        architecture,
        seed=observe.SEED,
    )
    return Course(folder, X, y, architecture, start, BATCH_SIZE, activation)


def _pooled(dataset: Dataset) -> tuple[Array, IntArray]:
    """Return pictures of 7 × 7 pixels, the means of 4 × 4."""
    images = dataset.X_train[:N_SAMPLES].astype(np.float64).reshape(-1, 7, 4, 7, 4)
    return images.mean(axis=(2, 4)).reshape(N_SAMPLES, 49), dataset.y_train[:N_SAMPLES]


def _check_repeatable(own: Own, course: Course, notes: list[str]) -> None:
    first = own.train(course.start, [(0, None)])
    again = own.train(course.start, [(0, None)])
    if max(observe.tensor_differences(first, again)) > 0:
        notes.append(
            "The same training twice gives other weights: something in it is drawn at "
            "random (a shuffle, dropout) or kept from one training to the next."
        )


def _states(
    configuration: Configuration, course: Course
) -> list[list[tuple[Array, Array]]]:
    """Return the reference's weights before each of its first steps."""
    trainer = Trainer(configuration, course.architecture, course.activation)
    trainer.set_weights(course.start)
    X = course.X.astype(configuration.dtype)
    states, size = [], course.batch_size
    for k in range(observe.N_FED):
        states.append(trainer.get_weights())
        trainer.epoch(X, course.y, course.order(0)[k * size : (k + 1) * size])
    return states


def _n_differ(
    own: list[tuple[Array, Array]], configuration: Configuration, course: Course
) -> int:
    answers = []
    X = course.X.astype(configuration.dtype)
    for weights in (own, observe.alone(configuration, course)[-1]):
        trainer = Trainer(configuration, course.architecture, course.activation)
        trainer.set_weights(weights)
        answers.append(trainer.predict(X))
    return int((answers[0] != answers[1]).sum())
