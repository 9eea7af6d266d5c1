"""The network by hand, in NumPy alone. Read `textbook.py` first."""

from typing import TYPE_CHECKING, Any

from numpy_impl.conv_implementation import ConvNumpyImplementation
from numpy_impl.conv_network import ConvNetwork
from numpy_impl.implementation import NumpyImplementation
from numpy_impl.network import Network
from numpy_impl.open_implementation import OpenNumpyImplementation
from numpy_impl.optimizers import SGD, Adam, AdamW

if TYPE_CHECKING:
    from numpy_impl.textbook_conv_implementation import ConvTextbookImplementation
    from numpy_impl.textbook_implementation import TextbookImplementation

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "ConvNetwork",
    "ConvNumpyImplementation",
    "ConvTextbookImplementation",
    "Network",
    "NumpyImplementation",
    "OpenNumpyImplementation",
    "TextbookImplementation",
]


def __getattr__(name: str) -> Any:
    # Imported when asked for: `python -m numpy_impl.textbook` warns if the package has
    # imported that file before.
    if name == "TextbookImplementation":
        from numpy_impl.textbook_implementation import TextbookImplementation

        return TextbookImplementation
    if name == "ConvTextbookImplementation":
        from numpy_impl.textbook_conv_implementation import ConvTextbookImplementation

        return ConvTextbookImplementation
    raise AttributeError(f"module 'numpy_impl' has no attribute {name!r}")
