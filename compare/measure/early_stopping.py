"""Stop when validation gets no better, and keep the weights that were best.

It belongs to the loop around an implementation, not into one: it needs nothing but
the four methods of the contract, and so works for every implementation alike. Refuses
to look at the test set, or to train.
"""

from collections.abc import Callable

from compare.contract import Weights
from compare.errors import UsageError


class EarlyStopping:
    """Remembers the best epoch so far.

    Parameters
    ----------
    patience : int
        At least 1: training may stop after so many epochs in a row without a new best.

    Attributes
    ----------
    best_score : float
        −∞ before the first epoch.
    best_epoch : int
        The earliest one with that score; −1 before the first.
    best_weights : Weights
        Copies, as `get_weights` returned them then.
    """

    def __init__(self, *, patience: int) -> None:
        if patience < 1:
            raise UsageError(f"patience must be >= 1, got {patience}")
        self.patience = patience
        self.best_score = float("-inf")
        self.best_epoch = -1
        self.best_weights: Weights = []

    def update(
        self, epoch: int, score: float, get_weights: Callable[[], Weights]
    ) -> bool:
        """Take in the validation score of an epoch; return True if it is time to stop.

        Higher is better (a loss: pass its negative). `get_weights` is called only for
        a new best. A score that is not a number is never the best.
        """
        if score > self.best_score:
            self.best_score, self.best_epoch = score, epoch
            self.best_weights = get_weights()
        return epoch - self.best_epoch >= self.patience
