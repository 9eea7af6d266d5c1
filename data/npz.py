"""Reader of Keras's mnist.npz: x_train, y_train, x_test, y_test in one archive.

Arrays that contain Python objects are refused unread: loading them would run
whatever code the file brings along. Shapes and dtypes are read from the array
headers before any array is unpacked.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.files import reason_of, require_file, unreadable
from data.raw import (
    IMAGE_SIDE,
    MAX_IMAGES,
    N_PIXELS,
    Labelled,
    Raw,
    as_labels,
    as_pixels,
    labelled,
)

ARRAY_NAMES = ("x_train", "y_train", "x_test", "y_test")


def read_archive(path: str | Path) -> Raw:
    """Read an .npz archive: training set and official test set.

    Raises
    ------
    DataError
        If the file cannot be read, is no archive, is damaged, lacks one of the four
        arrays, or an array holds Python objects, has the wrong shape, or has values out
        of range.
    """
    path = Path(path)
    require_file(path, kind="an .npz file")
    try:
        arrays = _read_arrays(path)
    except DataError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    # Anything, because damaged and forged archives make zipfile, its unpackers and
    # NumPy's header parser raise whatever they like, even tokenize.TokenError.
    except Exception as error:
        raise DataError(
            f"{path}: is not an intact .npz archive ({reason_of(error)}); "
            "download it again"
        ) from error
    return Raw(
        train=_labelled(arrays, "x_train", "y_train", path),
        test=_labelled(arrays, "x_test", "y_test", path),
    )


def _read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    with zipfile.ZipFile(path) as archive:
        missing = [n for n in ARRAY_NAMES if f"{n}.npy" not in archive.namelist()]
        if missing:
            raise DataError(
                f"{path}: an archive must hold {', '.join(ARRAY_NAMES)}, but "
                f"{', '.join(missing)} is missing; save the arrays under these names"
            )
        return {name: _read_array(archive, name, path) for name in ARRAY_NAMES}


def _read_array(archive: zipfile.ZipFile, name: str, path: Path) -> NDArray[np.generic]:
    """Read one array, after its header has shown that it is worth reading."""
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read_header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read_header(member)
    _check_header(shape, dtype, where=f"{path}, array {name}")
    with archive.open(f"{name}.npy") as member:
        array: NDArray[np.generic] = np.lib.format.read_array(
            member, allow_pickle=False
        )
        # At its end, zipfile also compares the checksum.
        surplus = member.read(1)
    if surplus:
        raise DataError(
            f"{path}, array {name}: must end with its last number, and more bytes "
            "follow; download it again"
        )
    return array


def _check_header(
    shape: tuple[int, ...], dtype: np.dtype[np.generic], *, where: str
) -> None:
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds pickled Python objects, which are never loaded; "
            "save it again as whole numbers (uint8)"
        )
    if dtype.kind not in "iuf":
        raise DataError(
            f"{where}: must hold numbers, got dtype {dtype}; save it again as whole "
            "numbers (uint8)"
        )
    if not 1 <= math.prod(shape) <= MAX_IMAGES * N_PIXELS:
        raise DataError(
            f"{where}: must hold 1 to {MAX_IMAGES} images or labels, got shape "
            f"{shape}; split a larger array"
        )


def _labelled(
    arrays: dict[str, NDArray[np.generic]], x_name: str, y_name: str, path: Path
) -> Labelled:
    images, images_from = arrays[x_name], f"{path}, array {x_name}"
    if images.ndim == 3 and images.shape[1:] == (IMAGE_SIDE, IMAGE_SIDE):
        images = images.reshape(-1, N_PIXELS)
    labels_from = f"{path}, array {y_name}"
    return labelled(
        as_pixels(images, where=images_from),
        as_labels(arrays[y_name], where=labels_from),
        images_from=images_from,
        labels_from=labels_from,
    )
