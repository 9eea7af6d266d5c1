"""Trained by one, used by another: all 10,000 predictions equal, nine directions."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import data
from compare import HyperParameters, initial_weights, registry
from compare.record import model_file
from compare.record.model_file import Model
from compare.weights import epoch_order

ENGINES = ("numpy", "torch", "sklearn")


@pytest.fixture(scope="module")
def dataset() -> data.Dataset:
    return data.load(train_samples=12_000)


@pytest.fixture(scope="module")
def trained(
    dataset: data.Dataset, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, NDArray[np.floating]]]:
    """Per engine: the file it wrote, and what it predicted itself before writing."""
    folder = tmp_path_factory.mktemp("models")
    hyper_parameters = HyperParameters()
    made = {}
    for seed, name in enumerate(ENGINES):
        implementation = registry.create(name, hyper_parameters)
        implementation.set_weights(
            initial_weights(hyper_parameters.layer_sizes, seed=seed)
        )
        order = epoch_order(len(dataset.y_train), seed=seed, epoch=0)
        implementation.train_epoch(dataset.X_train, dataset.y_train, order)
        path = folder / f"{name}.safetensors"
        model_file.save(
            path,
            Model.trained(
                implementation,
                name=name,
                hyper_parameters=hyper_parameters,
                dataset=dataset,
            ),
        )
        made[name] = (path, implementation.predict_proba(dataset.X_test))
    return made


@pytest.mark.parametrize("reader", ENGINES)
@pytest.mark.parametrize("writer", ENGINES)
def test_all_10000_predictions_are_equal(
    dataset: data.Dataset,
    trained: dict[str, tuple[Path, NDArray[np.floating]]],
    writer: str,
    reader: str,
) -> None:
    path, expected = trained[writer]
    model = model_file.load(path)
    assert model.written_by == writer
    assert model.data_sha256 == dataset.sha256
    probs = model.implementation(reader).predict_proba(dataset.X_test)
    assert len(probs) == 10_000
    np.testing.assert_array_equal(probs.argmax(axis=1), expected.argmax(axis=1))
    np.testing.assert_allclose(probs, expected, rtol=0, atol=5e-6)


def test_the_models_are_worth_exchanging(
    dataset: data.Dataset, trained: dict[str, tuple[Path, NDArray[np.floating]]]
) -> None:
    for _, probs in trained.values():
        assert (probs.argmax(axis=1) == dataset.y_test).mean() > 0.9
    first, second, _ = (probs.argmax(axis=1) for _, probs in trained.values())
    assert (first != second).any(), "the test could not tell one model from another"
