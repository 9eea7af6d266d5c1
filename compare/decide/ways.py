"""The ways of using one trained network: every engine installed, and ONNX Runtime."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from compare import registry
from compare.decide import footprint, onnx_model
from compare.files import write_atomically
from compare.record import model_file
from compare.record.model_file import Model

# One of each kind: variants of these train in another way and predict in the same.
DEFAULT_IMPLEMENTATIONS = ("numpy", "numba", "torch", "sklearn", "jax", "keras")
ONNX = ("onnx", "onnx-int8")
# What answers in a service, and what writes the file beforehand.
RUNTIME = "onnxruntime"
ONNX_PACKAGES = ("onnx", RUNTIME)
CURE = "pip install -r requirements-onnx.txt"


@dataclass(frozen=True)
class Way:
    """One way: what it is called, its model file, and what it needs to be installed.

    `installed_bytes` is None where nobody knows: of a user's own class.
    """

    name: str
    file: Path
    installed_bytes: int | None
    with_onnx: bool = False

    @property
    def exact(self) -> bool:
        """Whether it has the same weights, so that its answers must be the same."""
        return self.name != "onnx-int8"


def missing_for_onnx() -> list[str]:
    """Return the packages of ONNX Runtime that are not installed."""
    return [name for name in ONNX_PACKAGES if importlib.util.find_spec(name) is None]


def default() -> list[str]:
    """Return the names of what is installed, one of each kind."""
    here = registry.installed()
    names = [name for name in DEFAULT_IMPLEMENTATIONS if name in here]
    return [*names, *default_runtimes()]


def default_runtimes() -> list[str]:
    """Return ONNX Runtime's names, if it is installed."""
    return [] if missing_for_onnx() else list(ONNX)


def prepare(names: list[str], model: Model, folder: Path) -> list[Way]:
    """Write the model files that `names` need into `folder`; return the ways."""
    own = folder / f"model{model_file.SUFFIX}"
    model_file.save(own, model)
    found = []
    for name in names:
        if name in ONNX:
            file = folder / f"{name}.onnx"
            content = onnx_model.export(
                model.weights, model.activation, int8=name == "onnx-int8"
            )
            write_atomically(file, content)
            runtime_bytes = footprint.installed_bytes([RUNTIME])
            found.append(Way(name, file, runtime_bytes, with_onnx=True))
            continue
        entry = registry.engine(name)
        size: int | None = None
        if entry is not None:
            # All of them take and return NumPy arrays.
            size = footprint.installed_bytes(["numpy", *entry.framework.packages])
        found.append(Way(name, own, size))
    return found
