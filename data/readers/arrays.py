"""Readers of files that hold arrays: IDX, NPY, NPZ and MATLAB's .mat.

Each returns its arrays by name and leaves open what they mean. Arrays of Python objects
are pickles, and loading one would run whatever code the file brings along: they are
refused unread.
IDX is the format of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges): two zero bytes, a
code for the type, the number of dimensions, each dimension as a big-endian 32-bit
number, then the values. NPY is described by `numpy.lib.format`.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.files import reason_of
from data.readers.items import MAX_BYTES, Item

Arrays = dict[str, NDArray[Any]]

_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_NPY = b"\x93NUMPY"


def read(item: Item) -> Arrays:
    """Return the arrays of a file; an array that is alone has the name "".

    Raises
    ------
    DataError
        If the file is none of these formats, is damaged, or holds pickled objects.
    """
    content = item.content()
    if looks_like_idx(content):
        return {"": _idx(content, item.where)}
    if content.startswith(_NPY):
        return {"": _npy(io.BytesIO(content), item.where)}
    if item.suffix == ".mat":
        return _mat(content, item.where)
    if item.suffix == ".npz":
        return _npz(content, item.where)
    start = content[:4].hex(" ")
    raise DataError(
        f"{item.where}: is neither IDX nor NPY, NPZ or MATLAB data (it starts with "
        f"the bytes {start}); download it again, or save it as .npz or .csv"
    )


def looks_like_idx(content: bytes) -> bool:
    """Say whether the first bytes are those of an IDX file of 1 to 4 dimensions."""
    return (
        len(content) >= 4
        and content[:2] == b"\0\0"
        and content[2] in _IDX_TYPES
        and 1 <= content[3] <= 4
    )


def _idx(content: bytes, where: str) -> NDArray[Any]:
    dtype, n_dimensions = np.dtype(_IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * n_dimensions
    if len(content) < start:
        raise DataError(
            f"{where}: truncated, it ends after {len(content)} bytes inside its "
            "header; download it again"
        )
    shape = struct.unpack(f">{n_dimensions}I", content[4:start])
    declared, follow = math.prod(shape) * dtype.itemsize, len(content) - start
    if follow != declared:
        problem = "truncated" if follow < declared else "overlong"
        raise DataError(
            f"{where}: {problem}, its header declares {declared} bytes and {follow} "
            "follow; download it again"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def _npy(file: Any, where: str) -> NDArray[Any]:
    """Read one array, after its header has shown that it is worth reading."""
    try:
        version = np.lib.format.read_magic(file)
        header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(file)
        if dtype.hasobject:
            raise DataError(
                f"{where}: holds pickled Python objects, which are never loaded; "
                "save it again as numbers, as with labels.astype('uint8')"
            )
        if math.prod(shape) * dtype.itemsize > MAX_BYTES:
            raise DataError(
                f"{where}: may have {MAX_BYTES / 1e9:.1f} GB, got shape {shape} of "
                f"{dtype}; give a part of it"
            )
        file.seek(0)
        found: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except DataError:
        raise
    # Damaged files make NumPy's header parser raise whatever it likes, even
    # tokenize.TokenError.
    except Exception as error:
        raise _not_intact(where, ".npy file", error) from error
    return found


def _npz(content: bytes, where: str) -> Arrays:
    found: Arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                key = name.removesuffix(".npy")
                with archive.open(name) as member:
                    found[key] = _npy(member, f"{where}, array {key}")
    except DataError:
        raise
    except Exception as error:  # as above, and whatever zipfile and its unpackers raise
        raise _not_intact(where, ".npz archive", error) from error
    return found


def _mat(content: bytes, where: str) -> Arrays:
    # Imported here: only this format needs it, and it takes longer than MNIST.
    from scipy.io import loadmat

    file: Any = io.BytesIO(content)  # the stubs know paths only
    try:
        found = loadmat(file, simplify_cells=True)
    except NotImplementedError as error:
        raise DataError(
            f"{where}: is MATLAB's format 7.3 (HDF5), which SciPy does not read; in "
            "MATLAB save it with save(…, '-v7')"
        ) from error
    except Exception as error:  # SciPy's reader raises anything for a damaged file
        raise _not_intact(where, "MATLAB file", error) from error
    return dict(_flat(found))


def _flat(found: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the arrays of nested structures, as dataset/train/images."""
    for name, value in found.items():
        if name.startswith("__"):
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}/")
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            yield f"{above}{name}", value


def _not_intact(where: str, what: str, error: Exception) -> DataError:
    return DataError(
        f"{where}: is not an intact {what} ({reason_of(error)}); download it again"
    )
