"""What the pages share: the model, the data, the engines, and the training.

Every page sees the same. A drawing belongs to its page and is sent with the question.
"""

import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import data
from compare.architecture import MNIST_SHAPE
from compare.errors import UsageError
from compare.lab import engine as requests
from compare.lab import page
from compare.lab.breaking import Breaking
from compare.lab.engines import (
    FAILURES,
    READY,
    STARTING,
    UNABLE,
    Engine,
    give_model,
    start_all,
)
from compare.lab.events import Events
from compare.lab.training import Training
from compare.measure.scratch import scratch
from compare.record.model_file import Model
from data.raw import N_PIXELS


class Session:
    """One laboratory, from its first page to its last.

    Parameters
    ----------
    model : Model
        What answers at first.
    names : sequence of str
        Implementations of the registry, or somebody's own.
    dataset : Dataset
        What is trained on and picked from.
    """

    def __init__(
        self, model: Model, names: Sequence[str], dataset: data.Dataset
    ) -> None:
        _require_pixels(model)
        self.model, self.names, self.dataset = model, list(names), dataset
        self.events = Events()
        self.engines: list[Engine] = []
        self._lock = threading.Lock()
        self._held = contextlib.ExitStack()
        self.folder = self._held.enter_context(scratch())
        self._data_is_there = threading.Event()
        self.training = Training(self.folder, dataset, self._tell_training)
        self.breaking = Breaking(self.folder, dataset, self._tell_breaking)

    # --- beginning and end ----------------------------------------------------------

    def write_data(self) -> None:
        """Put the data where the engines find them; once, before the first training."""
        for name in ("X_train", "y_train", "X_val", "y_val"):
            np.save(self.folder / f"{name}.npy", getattr(self.dataset, name))
        self._data_is_there.set()

    def start(self) -> None:
        """Start the engines, unless they run; return at once."""
        with self._lock:
            if self.engines:
                return
            self.engines = [Engine(name) for name in self.names]
            threading.Thread(target=self._bring_up, daemon=True).start()

    def _bring_up(self) -> None:
        if not self._data_is_there.is_set():
            self.write_data()
        start_all(self.engines, self._prepare, self._tell_engine)

    def _prepare(self, engine: Engine) -> None:
        engine.ask("load", folder=str(self.folder))
        give_model(engine, self.model, self.folder)

    def stop(self) -> None:
        """End every process; `start` begins anew, with no training."""
        self.training.forget()
        self.breaking.stop()
        with self._lock:
            engines, self.engines = self.engines, []
        for engine in engines:
            engine.stop()

    def close(self) -> None:
        """End everything and remove the scratch folder."""
        self.stop()
        with contextlib.suppress(OSError):
            self._held.close()

    # --- questions ------------------------------------------------------------------

    def ready(self) -> list[Engine]:
        """Return the engines that answer with the model."""
        return [engine for engine in self.engines if engine.status == READY]

    def able_to_train(self) -> list[Engine]:
        """Return the engines that run; who cannot train a network says so then."""
        return [e for e in self.engines if e.status in (READY, UNABLE)]

    def answers(self, pixels: list[int], network: str) -> Iterator[dict[str, Any]]:
        """Yield each engine's answer as it comes: name, probs, seconds; or a reason."""
        asked = self.ready()
        if network == requests.TRAINING:
            asked = list(self.training.engines)
        found: queue.Queue[dict[str, Any]] = queue.Queue()

        def ask(engine: Engine) -> None:
            try:
                answer = engine.ask("answer", pixels=pixels, network=network)
            except FAILURES as error:
                answer = {"reason": str(error)}
            found.put({"name": engine.name, **answer})

        for engine in asked:
            threading.Thread(target=ask, args=(engine,), daemon=True).start()
        for _ in asked:
            yield found.get()

    def state(self) -> dict[str, Any]:
        """Return how things stand, for a page that has just opened."""
        return {
            "engines": [engine.describe() for engine in self.engines],
            "model": self.describe_model(),
            "training": self.training.state(),
            "breaking": {
                **self.breaking.training.state(),
                "number": self.breaking.number,
            },
        }

    def describe_model(self) -> dict[str, Any]:
        """Return what a page shows of the model beside its weights."""
        return page.describe(self.model)

    def set_model(self, model: Model) -> None:
        """Let every engine answer with another model.

        Raises
        ------
        UsageError
            If it does not take 784 pixels.
        """
        _require_pixels(model)
        with self._lock:
            self.model = model
            (self.folder / "model.npz").unlink(missing_ok=True)
            for engine in self.engines:
                if engine.status in (READY, UNABLE):
                    give_model(engine, model, self.folder)
                    self._tell_engine(engine)
        self.events.tell("model", self.describe_model())

    # --- training -------------------------------------------------------------------

    def train(self, what: str, settings: dict[str, Any]) -> None:
        """Start, pause, take one step or rewind; raises UsageError for bad settings."""
        if what == "pause":
            self.training.pause()
        elif what == "rewind":
            self.training.rewind()
        else:
            if any(e.status == STARTING for e in self.engines):
                raise UsageError("the engines are still starting: wait a second or two")
            self.training.run(self.able_to_train(), settings, one_step=what == "step")

    def _tell_engine(self, engine: Engine) -> None:
        self.events.tell("engine", engine.describe())

    def _tell_breaking(self, news: dict[str, Any]) -> None:
        self.events.tell("breaking", news)

    def _tell_training(self, news: dict[str, Any]) -> None:
        self.events.tell("training", news)


def _require_pixels(model: Model) -> None:
    if model.layer_sizes[0] != N_PIXELS:
        raise UsageError(
            f"the model must take {N_PIXELS} pixels, got {model.architecture}"
        )
    if model.conv_layers and model.image_shape != MNIST_SHAPE:
        wanted, got = (
            " x ".join(map(str, shape)) for shape in (MNIST_SHAPE, model.image_shape)
        )
        raise UsageError(
            f"the model must take {wanted} pixels (channels, rows, columns), got {got}"
        )
