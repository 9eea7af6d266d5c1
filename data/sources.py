"""Which reader for which source: the one list of what `load` and `--data` accept.

A name comes first (`mnist`, `fashion-mnist`, `openml:NAME`); anything else is a
path, and what it is decides: a folder, a .csv file or an .npz file.
"""

from __future__ import annotations

from pathlib import Path

from data import idx, npz, openml, tables
from data.dataset import DIGIT_NAMES, FASHION_NAMES
from data.errors import DataError
from data.files import unreadable
from data.fingerprint import combined, digests
from data.raw import Raw

MNIST_FOLDER = Path(__file__).parent / "mnist"
# SHA-256 of the four uncompressed files, in the order of `idx.FILE_STEMS`.
MNIST_DIGESTS = [
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
]
# Where Debian's package dataset-fashion-mnist puts its files.
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")
# Fingerprint of Fashion-MNIST, to name its classes whatever format it comes in.
FASHION_SHA256 = "7b0688d0999122d67a4eb2b95499a3bf7c5afbfaef15b7295b9f619d9e48a0bc"

KNOWN_SOURCES = (
    "mnist, fashion-mnist, openml:NAME, a folder of IDX files, "
    "a .csv file with label and pixel columns, or an .npz file like Keras's mnist.npz"
)


def read(source: str) -> tuple[Raw, str, list[str]]:
    """Return what a source holds, its fingerprint, and the names of its ten classes."""
    raw = _read(source)
    file_digests = digests(raw)
    if source == "mnist":
        _verify_mnist(file_digests)
    _refuse_scaled(raw, source)
    sha256 = combined(file_digests)
    is_fashion = sha256 == FASHION_SHA256 or source.lower() in {
        "fashion-mnist",
        "openml:fashion-mnist",
    }
    return raw, sha256, list(FASHION_NAMES if is_fashion else DIGIT_NAMES)


def _refuse_scaled(raw: Raw, source: str) -> None:
    """Raise `DataError` for 0 and 1 only: whole numbers, but scaled once already."""
    if raw.train.images.max() == 1:
        raise DataError(
            f"{source}: pixels must be whole numbers from 0 to 255, but the largest of "
            "all training images is 1, as if divided by 255 before; multiply them by "
            "255"
        )


def _read(source: str) -> Raw:
    if source == "mnist":
        return idx.read_folder(MNIST_FOLDER)
    if source == "fashion-mnist":
        return _read_fashion()
    if source.startswith("openml:"):
        return _read_openml(source.removeprefix("openml:"))
    return _read_path(Path(source))


def _read_fashion() -> Raw:
    if not FASHION_FOLDER.is_dir():
        raise DataError(
            f"fashion-mnist is not installed at {FASHION_FOLDER}; on Debian or Ubuntu "
            "run `sudo apt-get install dataset-fashion-mnist`, elsewhere download its "
            "four files from https://github.com/zalandoresearch/fashion-mnist and name "
            "their folder instead"
        )
    return idx.read_folder(FASHION_FOLDER)


def _read_openml(name: str) -> Raw:
    if not name:
        raise DataError("openml: needs a name after the colon, e.g. openml:mnist_784")
    return openml.fetch(name)


def _read_path(path: Path) -> Raw:
    """Read a folder or file; a name that is neither gets the list of sources."""
    readers = {".csv": tables.read_table, ".npz": npz.read_archive}
    try:
        if path.is_dir():
            return idx.read_folder(path)
        exists = path.exists()
    except OSError as error:  # a name too long to be one, a folder not to be entered
        raise unreadable(path, error) from error
    if reader := readers.get(path.suffix.lower()):
        return reader(path)
    if exists:
        raise DataError(
            f"{path}: is a file of unknown kind; a source is {KNOWN_SOURCES}"
        )
    raise DataError(
        f"unknown source {str(path)!r}, and there is no such file or folder; "
        f"a source is {KNOWN_SOURCES}"
    )


def _verify_mnist(file_digests: list[str]) -> None:
    for stem, expected, found in zip(
        idx.FILE_STEMS.values(), MNIST_DIGESTS, file_digests, strict=True
    ):
        if found != expected:
            raise DataError(
                f"{MNIST_FOLDER / stem.format('-')}.gz: its content must have SHA-256 "
                f"{expected}, got {found}; restore it with `git checkout data/mnist`"
            )
