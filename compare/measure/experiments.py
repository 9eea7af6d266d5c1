"""Further requests of a worker: several networks in one process, timed in blocks.

A block is long enough for the clock and short enough to take turns. For `profile`,
`targets` and `scaling`; the main comparison has a fresh process per row and seed.

Only the standard library is imported up here, as in `worker`.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

from compare.config import HyperParameters

WARM_UP_STEPS = 3
WARM_UP_CALLS = 3


def timed(call: Callable[[], object]) -> dict[str, float]:
    """Return how long `call` took, wall and processor, garbage collection held off."""
    gc.collect()
    gc.disable()
    cpu, start = time.process_time(), time.perf_counter()
    try:
        call()
        end, cpu_end = time.perf_counter(), time.process_time()
    finally:
        gc.enable()
    return {"seconds": end - start, "cpu_seconds": cpu_end - cpu}


class Experiments:
    """Requests about networks known by a key; a part of `Worker`."""

    name: str
    X: Any
    y: Any

    def synthesize(
        self, *, n_samples: int, n_features: int, n_classes: int, path: str = ""
    ) -> Any:
        """Make data of MNIST's kind: a fifth of the pixels lit, labels at random.

        Or read the images in `path`. Speed does not depend on what the labels are.
        """
        import numpy as np

        rng = np.random.default_rng(0)
        if path:
            self.X = np.load(path, allow_pickle=False)
        else:
            self.X = rng.random((n_samples, n_features), dtype=np.float32)
            self.X[rng.random(self.X.shape, dtype=np.float32) > 0.2] = 0
        self.y = rng.integers(n_classes, size=len(self.X))
        return {}

    def prepare(self, *, key: str, hyper_parameters: dict[str, Any]) -> Any:
        """Create a network, set initial weights, take first steps off the clock."""
        from compare import registry
        from compare.weights import initial_weights

        if not hasattr(self, "networks"):
            self.networks: dict[str, tuple[Any, HyperParameters]] = {}
        hp = HyperParameters(**hyper_parameters)
        start = time.perf_counter()
        implementation = registry.create(self.name, hp)
        implementation.set_weights(
            initial_weights(hp.architecture, seed=0, dtype=hp.dtype)
        )
        self.X = self.X.astype(hp.dtype, copy=False)
        self.networks[key] = (implementation, hp)
        self._train(key, WARM_UP_STEPS)
        # Some 100,000 objects of an imported PyTorch: to look through them before each
        # block would take longer than the block.
        gc.collect()
        gc.freeze()
        return {"seconds": time.perf_counter() - start}

    def time_training(self, *, key: str, n_steps: int) -> dict[str, float]:
        """Return the seconds of `n_steps` steps on full batches."""
        implementation, hp = self.networks[key]
        order = self._order(n_steps * hp.batch_size)
        return timed(lambda: implementation.train_epoch(self.X, self.y, order))

    def time_prediction(
        self, *, key: str, n_rows: int, n_calls: int
    ) -> dict[str, float]:
        """Return the seconds of `n_calls` predictions of `n_rows` images each."""
        implementation, _ = self.networks[key]
        predict, X = implementation.predict_proba, self.X[:n_rows]
        for _ in range(WARM_UP_CALLS):
            predict(X)

        def calls() -> None:
            for _ in range(n_calls):
                predict(X)

        return timed(calls)

    def time_products(
        self,
        *,
        library: str,
        hyper_parameters: dict[str, Any],
        n_threads: int,
        n_steps: int,
    ) -> dict[str, float]:
        """Return the seconds of a library's matrix products of `n_steps` steps."""
        from compare.measure import floor, threads

        if not hasattr(self, "_products"):
            hp = HyperParameters(**hyper_parameters)
            self._products = floor.products(
                library, hp.architecture, batch_size=hp.batch_size, dtype=hp.dtype
            )
            threads.limit(n_threads)

        def steps() -> None:
            for _ in range(n_steps):
                self._products()

        return timed(steps)

    def time_floor(self, *, key: str, n_steps: int) -> dict[str, Any]:
        """Return the seconds of the matrix products of `n_steps` steps, and whose.

        Without seconds if it is nobody of whom they can be measured, a GPU say.
        """
        from compare.measure import floor

        if not hasattr(self, "_library"):
            self._library = floor.library_of(self.name, lambda: self._train(key, 1))
        if not self._library:
            return {"library": ""}
        _, hp = self.networks[key]
        once = floor.products(
            self._library, hp.architecture, batch_size=hp.batch_size, dtype=hp.dtype
        )
        for _ in range(WARM_UP_STEPS):
            once()

        def steps() -> None:
            for _ in range(n_steps):
                once()

        return {"library": self._library, **timed(steps)}

    def split_training(self, *, key: str, n_steps: int) -> dict[str, Any]:
        """Return the seconds of each phase of `n_steps` steps, under instruments."""
        from compare import registry
        from compare.measure import phases

        entry = registry.engine(self.name)
        calls = entry.phases if entry else ()
        implementation, hp = self.networks[key]
        order = self._order(n_steps * hp.batch_size)
        with phases.instrumented(implementation, calls) as clock:
            if clock is None:
                return {"phases": None}
            gc.collect()
            gc.disable()
            clock.start()
            implementation.train_epoch(self.X, self.y, order)
            found = clock.stop()
            gc.enable()
        return {"phases": found}

    def _train(self, key: str, n_steps: int) -> None:
        implementation, hp = self.networks[key]
        implementation.train_epoch(self.X, self.y, self._order(n_steps * hp.batch_size))

    def _order(self, n_rows: int) -> Any:
        """Return rows at random; they repeat where the data has fewer."""
        import numpy as np

        rng = np.random.default_rng(n_rows)
        n = len(self.X)
        whole, part = divmod(n_rows, n)
        pieces = [rng.permutation(n) for _ in range(whole)]
        return np.concatenate([*pieces, rng.permutation(n)[:part]])
