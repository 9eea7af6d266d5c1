"""The network by hand, in NumPy alone. Read `textbook.py` first."""

from numpy_impl.implementation import NumpyImplementation
from numpy_impl.network import Network
from numpy_impl.open_implementation import OpenNumpyImplementation
from numpy_impl.optimizers import SGD, Adam, AdamW
from numpy_impl.textbook_implementation import TextbookImplementation

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Network",
    "NumpyImplementation",
    "OpenNumpyImplementation",
    "TextbookImplementation",
]
