"""One implementation in a process of its own; started by `compare.measure.remote`.

Reads one JSON object per line from standard input, answers with one per line. Whatever
the implementation prints goes to standard error, so that it cannot disturb the talk.

Only the standard library is imported up here: importing NumPy or PyTorch is part of
what is measured.
"""

import sys
import time
import traceback
from pathlib import Path
from typing import Any

from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.escape import printable
from compare.measure.experiments import Experiments, timed
from compare.measure.transport import Channel

SUITE = Path(__file__).resolve().parents[1]
INFERENCE_CALLS = 200
TEST_SET_CALLS = 5


class Worker(Experiments):
    """The requests that a worker answers: each method is one."""

    def create(
        self, *, name: str, hyper_parameters: dict[str, Any], n_threads: int
    ) -> dict[str, Any]:
        """Import and create the implementation; report what that cost."""
        start = time.perf_counter()
        from compare import registry  # this line imports NumPy

        self.name = name
        self.hyper_parameters = HyperParameters(**hyper_parameters)
        registry.find_factory(name)
        imported = time.perf_counter()
        self.implementation = registry.create(name, self.hyper_parameters)
        created = time.perf_counter()

        from compare.measure import threads

        threads.limit(n_threads)
        return {
            "import_seconds": imported - start,
            "create_seconds": created - imported,
            "thread_pools": threads.report(),
        }

    def load(
        self,
        *,
        folder: str,
        augmentation: dict[str, Any] | None = None,
        n_epochs: int = 0,
        patience: int | None = None,
    ) -> dict[str, Any]:
        """Read the training data; the other parts are read when they are needed."""
        from compare.measure import shared
        from compare.measure.early_stopping import EarlyStopping
        from data.augment import Augmentation

        self.augmentation = Augmentation(**augmentation) if augmentation else None
        self.n_epochs = n_epochs
        self.stopping = EarlyStopping(patience=patience) if patience else None
        self.folder = Path(folder)
        dtype = self.hyper_parameters.dtype
        self.X, self.y = shared.read(self.folder, "train", dtype)
        self.parts = {
            part: shared.read(self.folder, part, dtype)
            for part in (shared.TRAIN_SAMPLE, "val")
        }
        return {}

    def set_weights(self, *, path: str) -> dict[str, Any]:
        """Start from these weights, with no optimizer state."""
        from compare.measure import shared

        self.implementation.set_weights(shared.read_weights(Path(path)))
        return {}

    def train(self, *, seed: int, epoch: int, n_steps: int | None) -> dict[str, Any]:
        """Train one epoch, or its first `n_steps` batches, under the clock."""
        from compare.weights import epoch_order

        order = epoch_order(len(self.X), seed=seed, epoch=epoch)
        if n_steps is not None:
            order = order[: n_steps * self.hyper_parameters.batch_size]
        start = time.perf_counter()
        X = self._images(seed, epoch)
        augment_seconds = time.perf_counter() - start
        clock = timed(lambda: self.implementation.train_epoch(X, self.y, order))
        return {
            "train_seconds": clock["seconds"],
            "cpu_seconds": clock["cpu_seconds"],
            "augment_seconds": augment_seconds,
        }

    def _images(self, seed: int, epoch: int) -> Any:
        """Return the training images of this epoch: as they are, or deformed."""
        if self.augmentation is None:
            return self.X
        import numpy as np

        from data.augment import augment

        if not hasattr(self, "_deformed"):
            self._deformed = np.empty_like(self.X)
        settings = self.augmentation.at(epoch, self.n_epochs)
        return augment(self.X, settings, seed=seed, epoch=epoch, out=self._deformed)

    def stop_early(self, *, epoch: int, score: float) -> dict[str, Any]:
        """Take in the score of an epoch; say whether it is time to stop."""
        if self.stopping is None:
            return {"stop": False}
        get_weights = self.implementation.get_weights
        return {"stop": self.stopping.update(epoch, score, get_weights)}

    def keep_best(self) -> dict[str, Any]:
        """Go back to early stopping's best weights, if any; say of which epoch."""
        if self.stopping is None or not self.stopping.best_weights:
            return {"epoch": None}
        self.implementation.set_weights(self.stopping.best_weights)
        return {"epoch": self.stopping.best_epoch}

    def evaluate(self) -> dict[str, Any]:
        """Return loss and accuracy on validation and on the sample of training."""
        from compare import metrics

        figures = {}
        for part, (X, y) in self.parts.items():
            probs = self._probabilities(X)
            figures[f"{part}_loss"] = metrics.cross_entropy(probs, y)
            figures[f"{part}_accuracy"] = metrics.accuracy(probs, y)
        return figures

    def test(self, *, path: str) -> dict[str, Any]:
        """Predict the test set, once, and save the probabilities."""
        import numpy as np

        from compare import metrics

        X, y = self._test_set()
        probs = self._probabilities(X)
        np.save(path, probs)
        return {
            "test_accuracy": metrics.accuracy(probs, y),
            "test_loss": metrics.cross_entropy(probs, y),
        }

    def costs(self) -> dict[str, Any]:
        """Return what it costs to use the network, as fields of `Run`.

        Median times of predicting one image and the whole test set, and the most
        memory that this process has held.
        """
        X, _ = self._test_set()
        return {
            "one_image_seconds": self._median_seconds(X[:1], INFERENCE_CALLS),
            "test_set_seconds": self._median_seconds(X, TEST_SET_CALLS),
            **self.peak_memory(),
        }

    def peak_memory(self) -> dict[str, Any]:
        """Return the most memory this process has held so far."""
        return {"peak_memory_bytes": peak_memory_bytes()}

    def save_weights(self, *, path: str) -> dict[str, Any]:
        """Save the current weights."""
        from compare.measure import shared

        shared.write_weights(Path(path), self.implementation.get_weights())
        return {}

    def _test_set(self) -> Any:
        from compare.measure import shared

        return shared.read(self.folder, "test", self.hyper_parameters.dtype)

    def _probabilities(self, X: Any) -> Any:
        from compare import metrics

        probs = self.implementation.predict_proba(X)
        return metrics.check_probabilities(
            probs, len(X), self.hyper_parameters.n_classes
        )

    def _median_seconds(self, X: Any, n_calls: int) -> float:
        import statistics

        predict = self.implementation.predict_proba
        for _ in range(3):
            predict(X)
        times = []
        for _ in range(n_calls):
            start = time.perf_counter()
            predict(X)
            times.append(time.perf_counter() - start)
        return statistics.median(times)


def peak_memory_bytes() -> int:
    """Return the peak resident memory of this process, and of no other.

    On Linux from the kernel's account of this very program. `getrusage` counts from
    the fork on: there a process is never smaller than the parent that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(getattr(psutil.Process().memory_info(), "peak_wset"))  # noqa: B009
        # Only Windows has the attribute, so only there may it be named.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def answer(worker: object, request: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request; an exception becomes an answer too."""
    try:
        result = getattr(worker, request.pop("request"))(**request)
    except UnsupportedError as error:
        return {"failure": "unsupported", "reason": printable(str(error))}
    except UsageError as error:
        return {"failure": "usage", "reason": str(error)}
    except FloatingPointError as error:
        return {"failure": "diverged", "reason": printable(str(error))}
    except MemoryError:
        return {"failure": "memory", "reason": "ran out of memory"}
    except Exception as error:
        traceback.print_exc()
        return {"failure": "error", "reason": f"{in_words(error)}{origin(error)}"}
    return {"result": result}


def in_words(error: BaseException) -> str:
    """Return the kind of an exception and the first line of its text, fit for print."""
    try:
        lines = str(error).strip().splitlines()
    except Exception as another:  # its text is the user's own code
        lines = [f"(its text cannot be had: {type(another).__name__})"]
    name = printable(type(error).__name__)
    return f"{name}: {printable(lines[0])}" if lines else name


def origin(error: BaseException) -> str:
    """Return where in its own code it failed, as " (my_mlp.py, line 12)", or ""."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename
        and SUITE not in Path(frame.filename).parents
    ]
    return (
        f" ({printable(Path(own[-1].filename).name)}, line {own[-1].lineno})"
        if own
        else ""
    )


def serve(worker: object) -> None:
    """Answer requests, each by a method of `worker`, until the pipe is closed."""
    channel = Channel()
    for message in channel.messages():
        channel.send(answer(worker, message))


if __name__ == "__main__":
    serve(Worker())
