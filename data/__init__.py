"""The data: one loader and one split that feed every implementation alike.

`load` is the way in; `data.sources.read_parts` reads images without labels, for
prediction. Nothing here knows about networks or frameworks.
"""

from data.dataset import Dataset
from data.errors import DataError
from data.loader import load

__all__ = ["DataError", "Dataset", "load"]
