"""The engine processes of the laboratory: started together, asked by anyone, ended.

`compare.lab.engine` is what runs in each. Refuses to decide what is computed.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from compare import registry
from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.measure import shared
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.record.model_file import Model

# Unable: it runs, but the model that answers now is none that it can be.
STARTING, READY, UNABLE, FAILED = "starting", "ready", "unable", "failed"
FAILURES = (UnsupportedError, UsageError, WorkerFailedError)
WORKER = "compare.lab.engine"


def default_engines() -> list[str]:
    """Return the first engine of every framework that is installed here."""
    found: dict[str, str] = {}
    for name, entry in registry.ENGINES.items():
        if entry.can_run_here and entry.device == "cpu":
            found.setdefault(" ".join(entry.framework.packages), name)
    return list(found.values())


class Engine:
    """One implementation in its process; any thread may ask, one at a time.

    `label` is what a page calls it, its name unless given.
    """

    def __init__(self, name: str, *, label: str = "") -> None:
        self.implementation, self.name = name, label or name
        self.status, self.reason = STARTING, ""
        self._lock = threading.Lock()
        self._remote: RemoteImplementation | None = None

    def start(self) -> None:
        """Start the process and import; afterwards it is ready, or failed."""
        with self._lock:
            name = self.implementation
            self._remote = RemoteImplementation(name, n_threads=1, worker=WORKER)
            try:
                self._remote.ask("create", name=name, n_threads=1)
            except FAILURES as error:
                self._fail(error)

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        """Send one request and wait; raises one of `FAILURES`.

        An engine whose process has died has failed for good.
        """
        with self._lock:
            if self._remote is None or self.status == FAILED:
                raise WorkerFailedError("crash", self.reason or "it is not running")
            try:
                return self._remote.ask(request, **arguments)
            except WorkerFailedError as error:
                if error.is_gone:
                    self._fail(error)
                raise

    def _fail(self, error: Exception) -> None:
        self.status, self.reason = FAILED, str(error)

    def fail(self, error: Exception) -> None:
        """Say why it cannot be used; the process stays until `stop`."""
        self._fail(error)

    def accept(self) -> None:
        """Say that it has the model and can be asked."""
        self.status, self.reason = READY, ""

    def decline(self, error: Exception) -> None:
        """Say why it cannot be this model; it waits for another, and may train."""
        if self.status != FAILED:
            self.status, self.reason = UNABLE, str(error)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        remote = self._remote
        if remote is not None:
            remote.stop()  # whoever waits for an answer learns of its death
            with self._lock:
                self._remote = None
                self.status, self.reason = FAILED, "it was stopped"
                remote.kill()

    def describe(self) -> dict[str, str]:
        """Return what a page shows of it."""
        return {"name": self.name, "status": self.status, "reason": self.reason}


def start_all(
    engines: Sequence[Engine],
    prepare: Callable[[Engine], None],
    changed: Callable[[Engine], None],
) -> list[threading.Thread]:
    """Start engines side by side, in threads; `changed` hears how each has ended up."""

    def start(engine: Engine) -> None:
        engine.start()
        if engine.status != FAILED:
            try:
                prepare(engine)
            except FAILURES as error:
                engine.fail(error)
            else:
                if engine.status == STARTING:
                    engine.accept()
        changed(engine)

    threads = [
        threading.Thread(target=start, args=(engine,), daemon=True)
        for engine in engines
    ]
    for thread in threads:
        thread.start()
    return threads


def settings_of(model: Model) -> HyperParameters:
    """Return the hyper-parameters that predict with a model; see `Model`."""
    return HyperParameters(
        layer_sizes=model.layer_sizes,
        conv_layers=model.conv_layers,
        image_shape=model.image_shape,
        activation=model.activation,
        dtype=model.weights[0][0].dtype.name,
    )


def give_model(engine: Engine, model: Model, folder: Path) -> None:
    """Set an engine's model; afterwards the engine is ready, or unable, or failed."""
    path = folder / "model.npz"
    if not path.exists():
        shared.write_weights(path, model.weights)
    fields = settings_of(model).to_dict()
    try:
        engine.ask("set_model", path=str(path), hyper_parameters=fields)
    except FAILURES as error:
        engine.decline(error)
    else:
        engine.accept()
