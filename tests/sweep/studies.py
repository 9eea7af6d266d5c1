"""Small studies for the tests, and classes that fail in them."""

import os
import signal
from pathlib import Path
from typing import Any

from compare.sweep import study
from compare.sweep.study import Study
from numpy_impl import NumpyImplementation

HERE = Path(__file__).resolve()


def write(folder: Path, data: Path, text: str = "", **fields: str) -> Path:
    """Write a study over a 784-16-10 network; `fields` replace those given here."""
    lines = {
        "summary": '"small"',
        "engines": '["numpy"]',
        "seeds": "2",
        "n_epochs": "2",
        "data": f'"{data}"',
        **fields,
    }
    path = folder / "small.toml"
    head = "".join(f"{name} = {value}\n" for name, value in lines.items())
    fixed = '[fixed]\nlayer_sizes = "784-16-10"\n'
    vary = text or "[vary]\nlearning_rate = [0.01, 0.1]\n"
    path.write_text(f"{head}{fixed}{vary}")
    return path


def read(folder: Path, data: Path, text: str = "", **fields: str) -> Study:
    return study.read(write(folder, data, text, **fields))


class Raises(NumpyImplementation):
    """Fails in every training."""

    def train_epoch(self, X: Any, y: Any, order: Any) -> None:
        raise KeyError("no such layer")


class DiesOnce(NumpyImplementation):
    """Its process is killed in the first training, never again."""

    def train_epoch(self, X: Any, y: Any, order: Any) -> None:
        marker = Path(os.environ["DIES_ONCE"])
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        super().train_epoch(X, y, order)
