"""Rules of what is asked of the weights: nothing lent is changed, nothing is kept."""

import numpy as np

from compare.check.arrays import agrees
from compare.check.gates.asking import Asking, all_arrays, array_problem, equal, flat
from compare.check.gates.broken import Broken
from compare.check.gates.chance import ends_elsewhere
from compare.check.gates.rows import rows_read
from compare.check.subject import copies, describe
from compare.check.tolerances import EVALUATION


class CallRules(Asking):
    """Each rule returns what is wrong, or None."""

    def predicting_changes_nothing(self) -> Broken | None:
        """predict_proba returns (n, n_classes) and leaves X and the weights alone."""
        model = self.start(self.course.weights)
        before, X = self.get(model), self.course.X.copy()
        probs = self.call(model, "predict_proba", X)
        expected = np.zeros((len(X), self.hp.n_classes))
        problem = array_problem(probs, expected)
        if problem:
            return Broken(f"predict_proba: the result {problem}")
        if not np.array_equal(X, self.course.X):
            return Broken("predict_proba changes X", "inputs-changed")
        again = self.call(model, "predict_proba", X)
        if not agrees(again, np.asarray(probs), EVALUATION[self.subject.dtype]):
            return Broken(
                "predict_proba, asked the same twice, answers differently",
                "random-prediction",
            )
        if not equal(before, self.get(model)):
            return Broken("predict_proba changes the weights")
        return None

    def gradients_change_nothing(self) -> Broken | None:
        """loss_and_gradients returns (loss, pairs), and changes nothing."""
        if not self.subject.has_gradients:
            return None
        model = self.start(self.course.weights)
        before = self.get(model)
        X, y = self.course.X.copy(), self.course.y.copy()
        loss, _ = self.gradients(model, X, y)
        if not isinstance(loss, (float, np.floating)) and np.shape(loss) != ():
            return Broken(f"the loss must be one number, got {describe(loss)}")
        if not np.array_equal(X, self.course.X):
            return Broken("loss_and_gradients changes X", "inputs-changed")
        if not np.array_equal(y, self.course.y):
            return Broken("loss_and_gradients changes y", "inputs-changed")
        if not equal(before, self.get(model)):
            return Broken("loss_and_gradients changes the weights")
        return None

    def gradients_are_repeatable(self) -> Broken | None:
        """The same question twice has the same answer."""
        if not self.subject.has_gradients:
            return None
        model = self.start(self.course.weights)
        first = self.gradients(model)[1]
        if not all_arrays(first):
            return None  # the gradient gates say which is not an array
        first = copies(first)
        second = copies(self.gradients(model)[1])
        tolerance = EVALUATION[self.subject.dtype]
        if all(agrees(y, x, tolerance) for x, y in flat(first, second)):
            return None
        doubled = all(agrees(y, 2 * x, tolerance) for x, y in flat(first, second))
        return Broken(
            "loss_and_gradients, asked the same twice, gives "
            + ("the double" if doubled else "something else")
            + " the second time",
            "accumulated" if doubled else "",
        )

    def training_only_reads(self) -> Broken | None:
        """train_epoch leaves X, y and order as they are."""
        model = self.start(self.course.weights)
        arrays = {
            "X": self.course.X.copy(),
            "y": self.course.y.copy(),
            "order": self.course.orders[0].copy(),
        }
        self.call(model, "train_epoch", *arrays.values())
        originals = (self.course.X, self.course.y, self.course.orders[0])
        changed = [
            name
            for (name, now), before in zip(arrays.items(), originals, strict=True)
            if not np.array_equal(now, before)
        ]
        if changed:
            return Broken(
                f"train_epoch changes {' and '.join(changed)} in place",
                "inputs-changed",
            )
        return None

    def training_changes_weights(self) -> Broken | None:
        """train_epoch trains."""
        after = self.train(self.course)
        if equal(after, self.course.weights):
            return Broken("train_epoch leaves the weights as they were")
        return None

    def set_weights_resets(self) -> Broken | None:
        """After set_weights, training runs as from a new network."""
        if ends_elsewhere(self.subject, self.course):
            return self._random_training()
        model = self.start(self.course.weights)
        runs = []
        for _ in range(2):
            self.subject.guard.call(
                "set_weights", model.set_weights, copies(self.course.weights)
            )
            self.call(
                model,
                "train_epoch",
                self.course.X.copy(),
                self.course.y.copy(),
                self.course.orders[0].copy(),
            )
            runs.append(self.get(model))
        tolerance = EVALUATION[self.subject.dtype]
        if all(agrees(y, x, tolerance) for x, y in flat(*runs)):
            return None
        if not self.is_deterministic(runs[0]):
            return self._random_training()
        return Broken(
            "training again after set_weights ends elsewhere: something of the first "
            "training is kept",
            "not-reset",
        )

    def _random_training(self) -> Broken | None:
        """Say what is random: the rows, which is a mistake, or something else."""
        rows, order = rows_read(self.subject, self.course), self.course.orders[0]
        sentence = (
            "train_epoch draws random numbers of its own: with others, the same "
            "training ends elsewhere"
        )
        if rows is None:
            return Broken(f"{sentence}, to shuffle or to drop units")
        if not np.array_equal(rows[: len(order)], order):
            return Broken(sentence, "order-ignored")
        # Its batches are those of `order`: dropout, or noise. Nothing is wrong in that.
        self.subject.is_random = True
        return None
