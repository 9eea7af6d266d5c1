"""Live training: the engines take turns on the same batches from the same weights.

In turns, so that none slows another: what a page shows as images per second is the
clock around `train_epoch` of one engine alone. It is still no measurement, which takes
several processes, seeds and rounds; `python -m compare` measures.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compare.config import HyperParameters
from compare.contract import Weights
from compare.errors import UsageError
from compare.lab.engines import FAILURES, Engine
from compare.lab.settings import hyper_parameters_of, network_of, read_settings
from compare.measure import shared
from compare.weights import initial_weights
from data import Dataset

IDLE, RUNNING, PAUSED, DONE, FAILED = "idle", "running", "paused", "done", "failed"
# The default network takes 64 steps in about 50 ms; another as many as cost the same.
MOST_STEPS_PER_TURN = 64
WORK_PER_TURN = MOST_STEPS_PER_TURN * HyperParameters().architecture.flops(64)


class Training:
    """One training of several engines: its settings, its points, its thread.

    A point is what is known after some step: for each engine loss and accuracy on
    validation images, loss of the last batch, images per second, and how far its
    parameters are from those of the first engine.
    """

    def __init__(
        self,
        folder: Path,
        dataset: Dataset,
        tell: Callable[[dict[str, Any]], None],
        *,
        from_single_steps: bool = False,
    ) -> None:
        """With `from_single_steps`, turns begin with one step and double."""
        self.folder, self.tell = folder, tell
        self.from_single_steps = from_single_steps
        self.n_samples = len(dataset.y_train)
        self.n_classes = len(dataset.class_names)
        self._lock = threading.RLock()
        self._clear()

    def _clear(self) -> None:
        self.status = IDLE
        self.settings: dict[str, Any] = {}
        self.entered: list[Engine] = []  # those that were asked to take part
        self.engines: list[Engine] = []  # those that still do
        self.newest: Weights | None = None  # of the first of them
        self.left_out: dict[str, str] = {}
        self.points: list[dict[str, Any]] = []
        self.step = 0
        self._until = 0
        self._clocks: dict[str, list[tuple[int, float]]] = {}
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    # --- what a page asks for -------------------------------------------------------

    def run(
        self, engines: Sequence[Engine], asked: dict[str, Any], *, one_step: bool
    ) -> None:
        """Go on from here, or from the start where the settings have changed.

        Raises
        ------
        UsageError
            If the settings are no training, or one is running.
        """
        settings = read_settings(asked, self.n_classes)
        with self._lock:
            if self.status == RUNNING:
                raise UsageError("the training runs already: pause it first")
            fresh = self.status in (IDLE, FAILED)
            if fresh or network_of(settings) != network_of(self.settings):
                self._begin(engines, settings)
            if self.status == FAILED:
                return
            self.settings = settings
            epochs = settings["n_epochs"] * self.steps_per_epoch
            # After a pause to the end that was meant, after the end as much again.
            if self.step >= self._until or not self._until:
                self._until = self.step + epochs
            until = self.step + 1 if one_step else self._until
            self._stop = threading.Event()
            self.status = RUNNING
            self._thread = threading.Thread(
                target=self._train, args=(until, self._stop), daemon=True
            )
        self._announce()
        self._thread.start()

    def pause(self) -> None:
        """Stop after the turn that is under way, and wait for it."""
        with self._lock:
            thread = self._thread
            self._stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def rewind(self) -> None:
        """Go back to the same start: the same weights, no optimizer state."""
        self.pause()
        with self._lock:
            if not self.settings:
                return
            if self.status == RUNNING:
                raise UsageError("another page has just started it: pause it first")
            self._begin(self.entered, self.settings)
        self._announce()

    def forget(self) -> None:
        """Stop, and remember nothing: the engines are about to end."""
        self.pause()
        with self._lock:
            self._clear()
        self._announce()

    def state(self) -> dict[str, Any]:
        """Return everything, for a page that has just opened."""
        with self._lock:
            return {**self._standing(), "points": list(self.points), "all": True}

    # --- the work -------------------------------------------------------------------

    @property
    def steps_per_epoch(self) -> int:
        """How many batches an epoch has."""
        return -(-self.n_samples // int(self.settings.get("batch_size", 1)))

    def _begin(self, engines: Sequence[Engine], settings: dict[str, Any]) -> None:
        """Set every engine to the start; who cannot is left out, with a reason."""
        self._clear()
        self.settings, self.entered = settings, list(engines)
        hyper_parameters = hyper_parameters_of(settings, self.n_classes)
        start = initial_weights(
            hyper_parameters.architecture,
            seed=settings["seed"],
            dtype=hyper_parameters.dtype,
        )
        path = self.folder / "start.npz"
        shared.write_weights(path, start)
        self.newest = start
        rows: dict[str, dict[str, Any]] = {}
        for engine in engines:
            try:
                engine.ask(
                    "set_training",
                    path=str(path),
                    hyper_parameters=hyper_parameters.to_dict(),
                )
                rows[engine.name] = engine.ask("evaluate") | {"difference": 0.0}
            except FAILURES as error:
                self.left_out[engine.name] = str(error)
            else:
                self.engines.append(engine)
        self.points = [{"step": 0, "engines": rows}]
        self.status = PAUSED if self.engines else FAILED

    def _train(self, until: int, stop: threading.Event) -> None:
        per_turn = self._steps_per_turn()
        while self.engines and self.step < until and not stop.is_set():
            within = self.step % self.steps_per_epoch
            n_steps = min(per_turn, self.steps_per_epoch - within, until - self.step)
            if self.from_single_steps:
                n_steps = min(n_steps, max(1, self.step))
            rows = self._turn(within, n_steps)
            with self._lock:
                self.step += n_steps
                point = {"step": self.step, "engines": rows}
                self.points.append(point)
            self.tell({**self._standing(), "points": [point], "all": False})
        with self._lock:
            self.status = PAUSED
            if not self.engines:
                self.status = FAILED
            elif self.step >= self._until:
                self.status = DONE
        self._announce()

    def _steps_per_turn(self) -> int:
        hyper_parameters = hyper_parameters_of(self.settings, self.n_classes)
        work = hyper_parameters.architecture.flops(hyper_parameters.batch_size)
        return max(1, min(MOST_STEPS_PER_TURN, WORK_PER_TURN // work))

    def _turn(self, first_step: int, n_steps: int) -> dict[str, dict[str, Any]]:
        """Let each engine train the same steps; the first to go changes every time."""
        found: dict[str, dict[str, Any]] = {}
        shift = len(self.points) % len(self.engines)
        for engine in [*self.engines[shift:], *self.engines[:shift]]:
            try:
                found[engine.name] = engine.ask(
                    "advance",
                    seed=self.settings["seed"],
                    epoch=self.step // self.steps_per_epoch,
                    first_step=first_step,
                    n_steps=n_steps,
                    path=str(self._path(engine)),
                )
            except FAILURES as error:
                with self._lock:
                    self.left_out[engine.name] = str(error)
                    self.engines = [e for e in self.engines if e is not engine]
        return self._with_differences(found)

    def _with_differences(
        self, found: dict[str, dict[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        """Return the rows in the engines' order, with speed and distance."""
        rows: dict[str, dict[str, Any]] = {}
        for engine in self.engines:
            weights = shared.read_weights(self._path(engine))
            if not rows:
                self.newest, reference = weights, _flat(weights)
            row = found[engine.name]
            clocks = self._clocks.setdefault(engine.name, [])
            clocks.append((row.pop("n_images"), row.pop("seconds")))
            # The first turn may compile; of the others, the last ten.
            counted = clocks[1:][-10:] or clocks
            rows[engine.name] = {
                **row,
                "images_per_second": sum(n for n, _ in counted)
                / sum(seconds for _, seconds in counted),
                "difference": float(np.abs(_flat(weights) - reference).max()),
            }
        return rows

    def _path(self, engine: Engine) -> Path:
        return self.folder / f"weights-{id(engine)}.npz"

    def _standing(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "settings": self.settings,
            "step": self.step,
            "until": self._until,
            "steps_per_epoch": self.steps_per_epoch if self.settings else 0,
            "engines": [engine.name for engine in self.engines],
            "left_out": dict(self.left_out),
        }

    def _announce(self) -> None:
        self.tell(self.state())


def _flat(weights: Weights) -> np.ndarray:
    arrays = [array.ravel() for pair in weights for array in pair]
    return np.concatenate(arrays).astype(np.float64)
