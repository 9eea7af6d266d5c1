"""The network by hand, in NumPy alone. Read `textbook.py` first."""

from numpy_impl.implementation import NumpyImplementation, TextbookImplementation
from numpy_impl.network import Network
from numpy_impl.optimizers import SGD, Adam, AdamW

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Network",
    "NumpyImplementation",
    "TextbookImplementation",
]
