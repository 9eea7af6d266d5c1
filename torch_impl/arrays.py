"""NumPy's arrays as PyTorch's tensors, and the names of their dtypes."""

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray


def float_dtype(name: DTypeLike) -> np.dtype[Any]:
    """Return the dtype of that name; raise ValueError unless it is one of the two."""
    dtype = np.dtype(name)
    if dtype.name not in ("float32", "float64"):
        raise ValueError(f"dtype must be float32 or float64, got {name!r}")
    return dtype


def tensor_of(array: NDArray[Any], dtype: DTypeLike) -> torch.Tensor:
    """Return a tensor to be read only, on the memory of `array` where that can be.

    It is copied if its dtype is another, or if its rows do not lie one after another.
    """
    array = np.ascontiguousarray(array, dtype)
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():
        # PyTorch warns that the tensor could be written to. Nobody here does.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
