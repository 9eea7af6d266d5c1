"""One implementation of the laboratory in a process of its own.

It holds two networks: the model, which answers, and the one in training, which answers
too. Each method of `LabEngine` is one request of `compare.lab.engines`; only the
standard library is imported before the first of them.
"""

import time
from pathlib import Path
from typing import Any

from compare.config import HyperParameters
from compare.errors import UsageError
from compare.measure.worker import serve

MODEL, TRAINING = "model", "training"
# Images that a network of the page is shown at once when its accuracy is asked for.
N_EVALUATED = 1000


class LabEngine:
    """The requests that an engine answers."""

    def create(self, *, name: str, n_threads: int) -> dict[str, Any]:
        """Import what the implementation needs; report what that took."""
        start = time.perf_counter()
        from compare import registry

        self.name = name
        registry.find_factory(name)
        from compare.measure import threads

        threads.limit(n_threads)
        self.networks: dict[str, Any] = {}
        self.settings: dict[str, HyperParameters] = {}
        return {"seconds": time.perf_counter() - start}

    def set_model(
        self, *, path: str, hyper_parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """Take the weights of the model, and answer once off the clock."""
        self._make(MODEL, path, hyper_parameters)
        self.answer(pixels=[0] * self.settings[MODEL].n_features, network=MODEL)
        return {}

    def set_training(
        self, *, path: str, hyper_parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """Start a training at these weights, with no optimizer state."""
        self._make(TRAINING, path, hyper_parameters)
        return {}

    def _make(self, network: str, path: str, hyper_parameters: dict[str, Any]) -> None:
        from compare import registry
        from compare.measure import shared

        self.networks.pop(network, None)  # of two large ones, one at a time
        settings = HyperParameters(**hyper_parameters)
        implementation = registry.create(self.name, settings)
        implementation.set_weights(shared.read_weights(Path(path)))
        self.networks[network], self.settings[network] = implementation, settings

    def load(self, *, folder: str) -> dict[str, Any]:
        """Open the data, which all engines share: it is read through the page cache."""
        import numpy as np

        # Copied on write: a library that wants writable memory gets it, and nobody
        # writes.
        self.data = {
            name: np.load(Path(folder) / f"{name}.npy", mmap_mode="c")
            for name in ("X_train", "y_train", "X_val", "y_val")
        }
        return {}

    def answer(self, *, pixels: list[int], network: str) -> dict[str, Any]:
        """Return the probabilities of one image, and the seconds they took."""
        import numpy as np

        from compare import metrics

        implementation = self.networks.get(network)
        if implementation is None:
            raise UsageError("nothing has been trained yet")
        settings = self.settings[network]
        dtype = np.dtype(settings.dtype).type
        X = np.array([pixels], np.uint8).astype(dtype) / dtype(255)
        start = time.perf_counter()
        probs = implementation.predict_proba(X)
        seconds = time.perf_counter() - start
        probs = metrics.check_probabilities(probs, 1, settings.n_classes)
        return {"probs": [float(p) for p in probs[0]], "seconds": seconds}

    def advance(
        self, *, seed: int, epoch: int, first_step: int, n_steps: int, path: str
    ) -> dict[str, Any]:
        """Train steps `first_step` … of an epoch; save the weights, evaluate.

        The rows are gathered before the clock starts: a batch is the same, and no
        implementation copies a data set for a few steps.
        """
        import numpy as np

        from compare.measure import shared
        from compare.weights import epoch_order

        implementation = self.networks[TRAINING]
        batch = self.settings[TRAINING].batch_size
        y_train = self.data["y_train"]
        order = epoch_order(len(y_train), seed=seed, epoch=epoch)
        rows = order[first_step * batch : (first_step + n_steps) * batch]
        dtype = self.settings[TRAINING].dtype
        X = np.ascontiguousarray(self.data["X_train"][rows], dtype)
        y = np.array(y_train[rows])
        in_order = np.arange(len(rows))
        start = time.perf_counter()
        implementation.train_epoch(X, y, in_order)
        seconds = time.perf_counter() - start
        shared.write_weights(Path(path), implementation.get_weights())
        return {
            "seconds": seconds,
            "n_images": len(rows),
            "batch_loss": self._figures(X[-batch:], y[-batch:])["loss"],
            **self.evaluate(),
        }

    def evaluate(self) -> dict[str, Any]:
        """Return loss and accuracy of the network in training on validation images."""
        X, y = self.data["X_val"][:N_EVALUATED], self.data["y_val"][:N_EVALUATED]
        return self._figures(X, y)

    def _figures(self, X: Any, y: Any) -> dict[str, float]:
        import numpy as np

        from compare import metrics

        settings = self.settings[TRAINING]
        X = np.ascontiguousarray(X, settings.dtype)
        probs = metrics.check_probabilities(
            self.networks[TRAINING].predict_proba(X),
            len(X),
            settings.n_classes,
        )
        return {
            "loss": metrics.cross_entropy(probs, y),
            "accuracy": metrics.accuracy(probs, y),
        }


if __name__ == "__main__":
    serve(LabEngine())
