"""The trainings behind an explanation: starts, lengths, habits."""

import numpy as np
import pytest

from compare import registry
from compare.architecture import Architecture
from compare.errors import UsageError
from compare.explain import ablation, starts
from compare.explain.settings import SETTINGS, Configuration, differences, parse
from compare.explain.training import Trainer, train
from compare.measure.parity import relative_difference
from data import Dataset

NETWORK = Architecture((784, 8, 10))


def test_rules_of_one_family_draw_the_same_numbers_on_another_scale() -> None:
    one = starts.draw(Configuration(weights="fan-in"), NETWORK, seed=5)
    other = starts.draw(Configuration(weights="glorot"), NETWORK, seed=5)
    factor = np.sqrt(6 / (784 + 8)) * np.sqrt(784)
    assert np.allclose(other[0][0], factor * one[0][0], rtol=1e-5)
    assert not np.array_equal(
        one[0][0][0],
        starts.draw(Configuration(weights="fan-in"), NETWORK, seed=6)[0][0][0],
    )


def test_he_normal_has_its_spread() -> None:
    ((W, b), _) = starts.draw(Configuration(weights="he-normal"), NETWORK, seed=0)
    assert np.std(W) == pytest.approx(np.sqrt(2 / 784), rel=0.05)
    assert not b.any()


def test_one_training_cut_at_several_lengths_is_several_trainings(
    mnist: Dataset,
) -> None:
    own = Configuration(batch_size=32, dtype="float64", weights="glorot")
    data = mnist.X_train[:300], mnist.y_train[:300], mnist.X_test[:200]
    lengths = [(4, 0.0, 0), (1, 0.0, 0), (30, 0.05, 2)]
    start = starts.draw(own, NETWORK, seed=0)
    together = train(
        own, lengths, start, data, architecture=NETWORK, activation="relu", seed=0
    )
    for length, end in zip(lengths, together, strict=True):
        (alone,) = train(
            own, [length], start, data, architecture=NETWORK, activation="relu", seed=0
        )
        assert alone.n_epochs == end.n_epochs
        assert np.array_equal(alone.predictions, end.predictions)
    assert [end.n_epochs for end in together[:2]] == [4, 1]
    assert 3 <= together[2].n_epochs < 30


def test_a_convolutional_network_trains_as_in_pytorch(mnist: Dataset) -> None:
    network = Architecture((784, 6, 10), ((3, 5), (2, 3)))
    own = Configuration(batch_size=32, dtype="float64", learning_rate=0.01)
    start = starts.draw(own, network, seed=0)
    assert [W.shape for W, _ in start] == [shape for shape, _ in network.shapes]
    X, y = mnist.X_train[:100].astype("float64"), mnist.y_train[:100]
    trainer = Trainer(own, network)
    theirs = registry.create("torch", own.hyper_parameters(network))
    for each in (trainer, theirs):
        each.set_weights(start)
    order = np.random.default_rng(0).permutation(100)
    trainer.epoch(X, y, order)
    theirs.train_epoch(X, y, order)
    assert relative_difference(trainer.get_weights(), theirs.get_weights()) < 1e-9
    assert relative_difference(start, theirs.get_weights()) > 1e-3
    probs = theirs.predict_proba(X)
    assert np.array_equal(trainer.predict(X), probs.argmax(axis=1))


def test_settings_that_cannot_matter_are_no_differences() -> None:
    adam = Configuration(momentum=0.9, nesterov=True)
    assert differences(adam, Configuration()) == []
    sgd = Configuration(optimizer="sgd", momentum=0.9, betas=(0.5, 0.9))
    names = [s.name for s in differences(sgd, Configuration(optimizer="sgd"))]
    assert names == ["momentum"]
    all_ = Configuration(l2_on="all")
    assert differences(all_, Configuration()) == []
    assert [s.name for s in differences(all_.changed(l2=0.1), Configuration())] == [
        "L2",
        "L2 acts on",
    ]


def test_each_setting_switches_itself_alone() -> None:
    second = Configuration(
        optimizer="sgd",
        learning_rate=0.5,
        momentum=0.5,
        nesterov=True,
        betas=(0.5, 0.5),
        eps=1e-3,
        epsilon="before",
        l2=1.0,
        l2_per_batch=True,
        l2_on="all",
        weights="he-normal",
        biases="fan-in",
        batch_size=3,
        shuffle=False,
        dtype="float64",
        tol=1.0,
        patience=3,
        n_epochs=99,
    )
    first = Configuration()
    for setting in SETTINGS:
        switched = setting.switch(first, second)
        changed = [s.name for s in SETTINGS if s.differs(first, switched)]
        assert changed == [setting.name]
        assert setting.show(first) != setting.show(second)


def test_trainings_that_differ_in_length_alone_share_a_run() -> None:
    first, second = Configuration(n_epochs=2), Configuration(n_epochs=9, l2=0.1)
    cells = ablation.cells(first, second, differences(first, second))
    assert len(cells) == 6
    groups = ablation.trajectories(cells)
    assert len(groups) == 2
    assert sorted(len(lengths) for lengths in groups.values()) == [2, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed=1", "one of optimizer"),
        ("momentum", "NAME=VALUE"),
        ("batch_size=many", "a whole number"),
        ("shuffle=perhaps", "on or off"),
        ("learning_rate=fast", "a number"),
        ("betas=1;2", "numbers joined by a comma"),
    ],
)
def test_a_wrong_setting_is_a_sentence(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse([text])


def test_settings_are_read_as_what_they_are() -> None:
    assert parse(["shuffle=off", "betas=0.9,0.99", "batch_size=7", "l2=1e-3"]) == {
        "shuffle": False,
        "betas": (0.9, 0.99),
        "batch_size": 7,
        "l2": 1e-3,
    }


def test_a_setting_out_of_its_range_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="n_epochs must be >= 1"):
        Configuration(n_epochs=0)
    with pytest.raises(UsageError, match="weights must be one of"):
        Configuration(weights="warm")
    with pytest.raises(UsageError, match="batch_size"):
        Configuration(batch_size=0)
