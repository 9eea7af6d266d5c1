"""The same network as most tutorials of Keras write it."""

from keras_impl.implementation import KerasImplementation

__all__ = ["KerasImplementation"]
