"""On what Keras computes: decided before it is imported, because then it is too late.

What the variable KERAS_BACKEND says; otherwise JAX, and PyTorch where JAX is missing.
Keras by itself would take TensorFlow, which this project does not install.
"""

import importlib.util
import os
import sys


def choose() -> None:
    """Set KERAS_BACKEND unless the user has, or Keras is imported already."""
    if "keras" not in sys.modules:
        has_jax = importlib.util.find_spec("jax") is not None
        os.environ.setdefault("KERAS_BACKEND", "jax" if has_jax else "torch")
