"""The network by hand, as the loops that a NumPy user wishes to write, compiled."""

from numba_impl.implementation import NumbaImplementation

__all__ = ["NumbaImplementation"]
