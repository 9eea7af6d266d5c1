"""The same network as a good PyTorch user would write it."""

from torch_impl.implementation import TorchImplementation
from torch_impl.model import build_mlp, get_weights, set_weights

__all__ = ["TorchImplementation", "build_mlp", "get_weights", "set_weights"]
