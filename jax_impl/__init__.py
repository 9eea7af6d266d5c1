"""The same network as a good JAX user would write it."""

from jax_impl.implementation import JaxImplementation

__all__ = ["JaxImplementation"]
