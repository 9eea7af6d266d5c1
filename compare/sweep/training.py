"""One training: everything that determines it, its name, and the training itself.

Refuses to write: what it returns is a record that JSON can hold, and whoever asked for
the training keeps it.
"""

import functools
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compare import registry
from compare.config import HyperParameters
from compare.errors import UnsupportedError
from compare.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
# What decides the numbers of a training, beside the folder of the engine.
CODE = ("data", "compare/weights.py", "compare/metrics.py", "compare/sweep/training.py")
KEY_LENGTH = 20


@dataclass(frozen=True, kw_only=True)
class Training:
    """One engine, one seed, one set of settings.

    Attributes
    ----------
    engine : str
        A name of the registry.
    recipe : Recipe
        Hyper-parameters, epochs, initial weights, data size, augmentation.
    seed : int
        Of the initial weights, of the order of every epoch, of the deformations.
    data : str
        A source that `data.load` accepts.
    point : mapping
        The settings that this study varies, as its table and figures show them.
    """

    engine: str
    recipe: Recipe
    seed: int
    data: str
    point: Mapping[str, Any]

    def settings(self) -> dict[str, Any]:
        """Return all that was chosen, as JSON can hold it."""
        recipe = self.recipe
        return {
            "engine": self.engine,
            "seed": self.seed,
            "data": self.data,
            "n_epochs": recipe.n_epochs,
            "init": recipe.init,
            "train_samples": recipe.train_samples,
            "augmentation": asdict(recipe.augmentation)
            if recipe.augmentation
            else None,
            "hyper_parameters": recipe.hyper_parameters.to_dict(),
        }

    def key(self, identity: Mapping[str, Any]) -> str:
        """Return the name of the training: a hash of its settings and of `identity`.

        `identity` holds what determines the numbers and was not chosen: the hash of
        the data, the versions of the packages, the code. The same name means the same
        numbers, on any machine whose processor rounds alike.
        """
        text = json.dumps({**self.settings(), **identity}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def identity(engine: str, data_sha256: str) -> dict[str, Any]:
    """Return what determines a training beside its settings."""
    from compare.measure.environment import version

    entry = registry.engine(engine)
    packages = {"numpy", *(entry.framework.packages if entry else ())}
    return {
        "data_sha256": data_sha256,
        "versions": {name: version(name) for name in sorted(packages)},
        "code": code_hash(engine),
    }


@functools.cache
def code_hash(engine: str) -> str:
    """Return a hash over the sources that a training of this engine runs through."""
    entry = registry.engine(engine)
    own = entry.folder if entry else engine.rpartition(":")[0]
    digest = hashlib.sha256()
    for name in (own, *CODE):
        path = ROOT / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:KEY_LENGTH]


@functools.lru_cache(maxsize=2)
def load(source: str, dtype: str, train_samples: int | None) -> Any:
    """Return a data set; a worker reads each one once and keeps the last two."""
    import data

    return data.load(source, dtype=dtype, train_samples=train_samples)


def run(training: Training) -> dict[str, Any]:
    """Train, and return what came out; what goes wrong is a record too.

    The record has `status` ("complete", "diverged", "unsupported" or "failed"),
    `reason`, `val_accuracy` after each epoch, `test_accuracy` after the last, and
    `unranked_seconds`, the time that it took beside the others.
    """
    started = time.perf_counter()
    record: dict[str, Any] = {"status": "complete", "reason": "", "val_accuracy": []}
    try:
        _train(training, record)
    except UnsupportedError as error:
        record |= {"status": "unsupported", "reason": str(error)}
    except FloatingPointError as error:
        record |= {"status": "diverged", "reason": str(error)}
    except Exception as error:  # whatever a framework raises is a row
        record |= {"status": "failed", "reason": f"{type(error).__name__}: {error}"}
    record["unranked_seconds"] = round(time.perf_counter() - started, 3)
    return record


def _train(training: Training, record: dict[str, Any]) -> None:
    from compare.measure import threads
    from compare.metrics import accuracy
    from compare.weights import epoch_order, initial_weights

    recipe, seed = training.recipe, training.seed
    hp = recipe.hyper_parameters
    digits = load(training.data, hp.dtype, recipe.train_samples)
    implementation = registry.create(training.engine, hp)
    threads.limit(1)
    implementation.set_weights(
        initial_weights(hp.architecture, seed=seed, scheme=recipe.init, dtype=hp.dtype)
    )
    X, y = digits.X_train, digits.y_train
    for epoch in range(recipe.n_epochs):
        order = epoch_order(len(y), seed=seed, epoch=epoch)
        implementation.train_epoch(_deformed(training, X, epoch), y, order)
        probs = _probabilities(implementation, digits.X_val, hp)
        record["val_accuracy"].append(accuracy(probs, digits.y_val))
    probs = _probabilities(implementation, digits.X_test, hp)
    record["test_accuracy"] = accuracy(probs, digits.y_test)
    record["n_test"] = len(digits.y_test)


def _deformed(training: Training, X: Any, epoch: int) -> Any:
    """Return the images of an epoch: as they are, or deformed anew."""
    recipe = training.recipe
    if recipe.augmentation is None:
        return X
    from data.augment import augment

    settings = recipe.augmentation.at(epoch, recipe.n_epochs)
    return augment(X, settings, seed=training.seed, epoch=epoch)


def _probabilities(implementation: Any, X: Any, hp: HyperParameters) -> Any:
    from compare.metrics import check_probabilities

    return check_probabilities(implementation.predict_proba(X), len(X), hp.n_classes)
