"""What the engines of one framework have in common: its packages, threads, products.

Refuses to know the engines: `registry` builds them on these.
"""

import os

from compare.engine import Framework

NUMPY = Framework({"numpy": "numpy"}, ("blas",), "numpy", by_hand=True)
TORCH = Framework({"torch": "torch"}, ("torch",), "torch")
JAX = Framework({"jax": "jax", "jaxlib": "jaxlib"}, ("xla",), "jax", optional=True)
# Numba calls the BLAS that SciPy brings.
NUMBA = Framework(
    {"numba": "numba", "scipy": "scipy"},
    ("blas",),
    "numpy",
    optional=True,
    by_hand=True,
)
# What Keras computes on: `keras_impl.backend` decides it in the same way.
KERAS_BACKEND = os.environ.get("KERAS_BACKEND") or (
    "jax" if JAX.missing == [] else "torch"
)
KERAS = Framework(
    {"keras": "keras", KERAS_BACKEND: KERAS_BACKEND},
    ("xla",) if KERAS_BACKEND == "jax" else ("torch",),
    "" if KERAS_BACKEND == "tensorflow" else KERAS_BACKEND,
    optional=True,
)
SKLEARN = Framework({"scikit-learn": "sklearn"}, ("blas",), "numpy")
