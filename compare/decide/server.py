"""One way of using the trained network, in a process of its own, as a service has it.

Each method of `Server` is a request of `compare.decide.measure`. Only the standard
library is imported before `start`: what that imports is part of what is measured.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare.measure.experiments import timed
from compare.measure.worker import peak_memory_bytes, serve


class Server:
    """The requests: start, then answer."""

    predict: Callable[[Any], Any]
    X: Any
    dtype: str

    def start(
        self, *, name: str, path: str, images: str, n_threads: int, with_onnx: bool
    ) -> dict[str, Any]:
        """Import, load the model, answer one image; return what that cost.

        `peak_memory_bytes` is then that of a process with the model and one image.
        """
        begin = time.perf_counter()
        load = self._onnx if with_onnx else self._engine
        import_seconds = load(name, path, n_threads, begin)
        import numpy as np

        # The file is mapped, so that one image is all that is read of it.
        one = np.array(np.load(images, mmap_mode="r")[:1], self.dtype)
        self.predict(one)
        start_seconds = time.perf_counter() - begin
        memory = peak_memory_bytes()
        self.X = np.load(images).astype(self.dtype, copy=False)
        return {
            "import_seconds": import_seconds,
            "start_seconds": start_seconds,
            "memory_bytes": memory,
        }

    def _onnx(self, name: str, path: str, n_threads: int, begin: float) -> float:
        import onnxruntime

        imported = time.perf_counter() - begin
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
        session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.dtype = "float32"
        self.predict = lambda X: session.run(None, {"X": X})[0]
        return imported

    def _engine(self, name: str, path: str, n_threads: int, begin: float) -> float:
        from compare import registry

        registry.find_factory(name)
        imported = time.perf_counter() - begin
        from compare.measure import threads
        from compare.record import model_file

        model = model_file.load(Path(path))
        implementation = model.implementation(name)
        threads.limit(n_threads)
        self.dtype = model.weights[0][0].dtype.name
        self.predict = implementation.predict_proba
        return imported

    def each(self, *, n_calls: int) -> dict[str, Any]:
        """Return the seconds of each of `n_calls` answers, an image at a time."""
        images = [self.X[k % len(self.X)][None] for k in range(n_calls)]
        seconds = []

        def calls() -> None:
            for image in images:
                begin = time.perf_counter()
                self.predict(image)
                seconds.append(time.perf_counter() - begin)

        timed(calls)
        return {"seconds": seconds}

    def batch(self, *, block_seconds: float) -> dict[str, Any]:
        """Return the seconds per image of answers for all images at once.

        Over about `block_seconds`. Before that come one call off the clock, for
        compiled code compiles for a new shape, and one that tells how long one takes.
        """
        from compare.measure.turns import repeats

        self.predict(self.X)
        once = timed(lambda: self.predict(self.X))["seconds"]
        n = repeats(once, block_seconds)
        clock = timed(lambda: [self.predict(self.X) for _ in range(n)])
        return {"seconds": clock["seconds"] / (n * len(self.X))}

    def probabilities(self, *, path: str) -> dict[str, Any]:
        """Save what it answers for all images."""
        import numpy as np

        np.save(path, np.asarray(self.predict(self.X)))
        return {}


if __name__ == "__main__":
    serve(Server())
