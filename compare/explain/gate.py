"""Do the two engines compute what the network by hand computes, which stands for them?

Each takes its first steps in float64, with its own settings, from the same weights on
the same batches. If the weights then agree to rounding, the engine itself explains
nothing, and all that is left are settings.
"""

import concurrent.futures
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compare.architecture import Architecture
from compare.errors import UnsupportedError
from compare.explain import starts
from compare.explain.settings import Configuration
from compare.explain.training import Trainer
from compare.measure import shared
from compare.measure.parity import TOLERANCE, relative_difference
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.registry import ENGINES
from compare.weights import epoch_order

N_STEPS = 50
SEED = 0
# Engines that divide λ by the rows of each batch, so that a short one decays more.
PER_BATCH = ("sklearn",)


@dataclass(frozen=True)
class Same:
    """How far an engine is from the network by hand after its first steps.

    `difference` is max |Δθ| / max |θ|, or None; then `reason` says why.
    """

    engine: str
    difference: float | None
    tolerance: float
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether the difference is rounding."""
        return self.difference is not None and self.difference <= self.tolerance


def check(
    sides: Sequence[tuple[str, Configuration]],
    folder: Path,
    *,
    architecture: Architecture,
    activation: str,
) -> list[Same]:
    """Return for each engine how near it comes; the data are in `folder`."""

    def one(number: int, engine: str, configuration: Configuration) -> Same:
        tolerance = TOLERANCE[configuration.optimizer]
        try:
            found = _difference(
                engine,
                replace(configuration, dtype="float64"),
                folder,
                folder / f"gate_{number}.npz",
                architecture,
                activation,
            )
        except (UnsupportedError, WorkerFailedError) as error:
            return Same(engine, None, tolerance, str(error))
        return Same(engine, found, tolerance)

    with concurrent.futures.ThreadPoolExecutor() as threads:
        futures = [
            threads.submit(one, number, engine, configuration)
            for number, (engine, configuration) in enumerate(sides)
        ]
        return [future.result() for future in futures]


def _difference(
    engine: str,
    configuration: Configuration,
    folder: Path,
    path: Path,
    architecture: Architecture,
    activation: str,
) -> float:
    start = starts.draw(configuration, architecture, seed=SEED)
    hp = configuration.hyper_parameters(architecture, activation=activation)
    shared.write_weights(path, start)
    with RemoteImplementation(engine, n_threads=1) as worker:
        worker.create(hp)
        worker.ask("load", folder=str(folder))
        worker.ask("set_weights", path=str(path))
        worker.ask("train", seed=SEED, epoch=0, n_steps=N_STEPS)
        worker.ask("save_weights", path=str(path))
    theirs = shared.read_weights(path)
    # The contract's L2 never decays a bias; where ε stands is the engine's own.
    per_batch = engine in PER_BATCH
    trainer = Trainer(
        replace(
            configuration,
            l2=hp.weight_decay * (hp.batch_size if per_batch else 1),
            l2_per_batch=per_batch,
            l2_on="weights",
            epsilon="before" if ENGINES[engine].epsilon_hat else "after",
        ),
        architecture,
        activation,
    )
    trainer.set_weights(start)
    X, y = shared.read(folder, "train", "float64")
    order = epoch_order(len(X), seed=SEED, epoch=0)[: N_STEPS * hp.batch_size]
    trainer.epoch(X, y, order)
    return relative_difference(theirs, trainer.get_weights())
