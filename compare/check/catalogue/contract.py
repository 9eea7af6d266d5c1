"""What a method does to its arguments: found by watching, in `gates/call_rules.py`."""

from compare.check.catalogue.mistake import Mistake
from compare.check.catalogue.textbook_lines import METHODS

MISTAKES = (
    Mistake(
        "inputs-changed",
        "the inputs are changed in place",
        "X, y and order are only read: X − mean is a new array, never X -= mean",
        "self._train_batch(X[rows], y[rows])",
        METHODS,
    ),
    Mistake(
        "random-prediction",
        "predict_proba is random: dropout left on, or noise",
        "the same X has the same probabilities; dropout is for training alone",
        "def predict_proba",
        METHODS,
    ),
    Mistake(
        "weights-zeroed",
        "set_weights does not store the weights it is given, but zeros",
        "W ← a copy of the given W, b ← a copy of the given b",
        "(np.array(W, self.dtype), np.array(b, self.dtype)) for W, b in weights",
        METHODS,
    ),
    Mistake(
        "not-reset",
        "set_weights does not forget the memory of the optimizer",
        "after set_weights: v = 0, m = 0, t = 0",
        "self._memory = [",
        METHODS,
    ),
    Mistake(
        "weights-shared",
        "the weights are shared with the caller instead of copied",
        "set_weights copies in, get_weights copies out",
        "(np.array(W, self.dtype), np.array(b, self.dtype)) for W, b in weights",
        METHODS,
    ),
    Mistake(
        "float32-result",
        "the result is float32, though float64 was asked for",
        "every array has the dtype asked for; float32 keeps 7 digits, float64 16",
        "self.dtype, self.batch_size = np.dtype(dtype), batch_size",
        METHODS,
    ),
)
