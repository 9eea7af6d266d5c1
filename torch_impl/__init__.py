"""The same network as a good PyTorch user would write it."""

from torch_impl.implementation import TorchImplementation
from torch_impl.model import build_cnn, build_mlp, get_weights, set_weights
from torch_impl.open_implementation import OpenTorchImplementation

__all__ = [
    "OpenTorchImplementation",
    "TorchImplementation",
    "build_cnn",
    "build_mlp",
    "get_weights",
    "set_weights",
]
