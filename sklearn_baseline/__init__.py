"""The same network as scikit-learn's `MLPClassifier`."""

from sklearn_baseline.implementation import SklearnImplementation

__all__ = ["SklearnImplementation"]
