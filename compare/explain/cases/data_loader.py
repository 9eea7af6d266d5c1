"""Pictures through a `DataLoader`, one by one, or slices of one array."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from compare.config import HyperParameters
from compare.explain.cases.common import Case, Part
from compare.measure import blocks
from compare.show import units
from compare.statistics import paired_ratio
from torch_impl import TorchImplementation

OWN = "compare.explain.cases.data_loader:OneByOne"
N_ROUNDS = 6
N_IMAGES = 54_000
MEAN, SD = 0.1307, 0.3081


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Pictures as a tutorial keeps them: each is decoded and scaled when asked for."""

    def __init__(self, X: Any, y: Any, rows: Any) -> None:
        self.pictures = np.rint(255 * X).astype(np.uint8).reshape(len(X), 28, 28)
        self.y, self.rows = y, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Return one picture, by way of Pillow, scaled and flattened."""
        row = self.rows[index]
        picture = Image.fromarray(self.pictures[row])
        tensor = torch.from_numpy(np.array(picture)).to(torch.float32).div(255)
        return tensor.sub(MEAN).div(SD).flatten(), int(self.y[row])


class OneByOne(TorchImplementation):
    """The suite's PyTorch network, fed as in most tutorials."""

    def train_epoch(self, X: Any, y: Any, order: Any) -> None:
        """Take one step per batch of a `DataLoader`."""
        if not hasattr(self, "_pictures"):
            self._pictures = Pictures(X, y, order)
        self._pictures.rows = order
        self.model.train()
        for batch, labels in DataLoader(self._pictures, batch_size=self.batch_size):
            self._step(batch, labels)


def run() -> Case:
    """Time an epoch of each, in turns, one thread."""
    hp = HyperParameters()
    rows, _ = blocks.measure(
        ["numpy", "torch", OWN],
        {"epoch": hp},
        kinds={"epoch": ["training"]},
        n_rounds=N_ROUNDS,
        n_threads=1,
        notify=lambda: None,
    )
    n_steps = -(-N_IMAGES // hp.batch_size)
    times = {
        row.name: [n_steps * s for s in row.seconds.get("training", [])] for row in rows
    }
    if not all(times.values()):
        reasons = [row.reason for row in rows if row.reason]
        raise RuntimeError(f"nothing could be timed: {reasons}")
    medians = {name: float(np.median(t)) for name, t in times.items()}
    ratios = {
        name: paired_ratio(t, times["numpy"], rng=np.random.default_rng(0))
        for name, t in times.items()
    }
    heads = ("", "an epoch of 54,000", "time of NumPy's")

    def line(words: str, name: str) -> tuple[str, str, str]:
        ratio = ratios[name]
        low, high = ratio.low or 0, ratio.high or 0
        beside = (
            "" if name == "numpy" else f"{ratio.ratio:.1f} × ({low:.1f}–{high:.1f})"
        )
        return words, units.seconds(medians[name]), beside

    loader, left = (ratios[name].ratio or 0.0 for name in (OWN, "torch"))
    alone = paired_ratio(times[OWN], times["torch"], rng=np.random.default_rng(0))
    return Case(
        claim="Trained in 24 s with NumPy, 952 s with PyTorch.",
        false=Part(
            "As published: PyTorch gets its pictures from a DataLoader, one by one",
            heads,
            (line("NumPy", "numpy"), line("PyTorch, DataLoader", OWN)),
            f"PyTorch is {loader:.0f} times slower. What was measured is the "
            f"fetching: {1e6 * medians[OWN] / N_IMAGES:.0f} µs for each picture.",
        ),
        mended=Part(
            "All get the same array, and batches are slices of it",
            heads,
            (line("NumPy", "numpy"), line("PyTorch, slices", "torch")),
            f"Of {loader:.0f} times, {left:.1f} are left; "
            "the DataLoader alone made the same PyTorch network "
            f"{alone.ratio or 0.0:.0f} times slower.",
        ),
        rows=tuple(
            {
                "name": name,
                "epoch_seconds": medians[name],
                "times_numpy": ratios[name].ratio,
                "low": ratios[name].low,
                "high": ratios[name].high,
            }
            for name in times
        ),
    )
