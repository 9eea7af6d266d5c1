"""The first gate: does the class keep the rules that need no arithmetic?

Shapes and types, nothing changed that is only lent, weights that come back bit for bit,
`set_weights` that forgets. Each rule is one function that returns what is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compare.check.arrays import agrees
from compare.check.findings import Finding, Gate
from compare.check.gates.asking import Asking, all_arrays, array_problem, equal, flat
from compare.check.gates.chance import ends_elsewhere
from compare.check.gates.rows import rows_read
from compare.check.guard import UserCodeError, last_frame
from compare.check.subject import copies, describe
from compare.check.tolerances import EVALUATION


@dataclass(frozen=True)
class Broken:
    """A rule that is not kept: the sentence, and the mistake if it has a name.

    `reason` is what the diagnosis says of it, if that is not the sentence.
    """

    sentence: str
    key: str = ""
    trace: str = ""
    reason: str = ""

    @property
    def finding(self) -> Finding:
        """What the diagnosis says of it."""
        if self.key:
            reason = f"Seen directly: {self.sentence}."
            return Finding("the contract", (self.key,), reason=reason)
        reason = self.reason or f"{self.sentence}."
        return Finding("the contract", (), reason=reason, seen=True)


class ContractGate(Asking):
    """Asks one small network everything that the contract promises."""

    def contract(self) -> tuple[Gate, list[Finding]]:
        """Return the gate and a finding for each rule broken by a known mistake."""
        rules: tuple[Callable[[], Broken | None], ...] = (
            self.weights_come_back,
            self.dtype_is_kept,
            self.weights_are_copied_in,
            self.weights_are_copied_out,
            self.predicting_changes_nothing,
            self.gradients_change_nothing,
            self.gradients_are_repeatable,
            self.training_only_reads,
            self.training_changes_weights,
            self.set_weights_resets,
        )
        broken: list[Broken] = []
        for n_kept, rule in enumerate(rules):
            try:
                found = rule()
            except UserCodeError as error:
                found = _raised(error, broken)
            if found:
                broken.append(found)
                # Nothing else can be judged without weights in place.
                if n_kept == 0:
                    break
        gate = Gate(
            "contract",
            "contract",
            f"{len(rules)} rules",
            not broken,
            message="\n".join(dict.fromkeys(b.sentence for b in broken)),
            trace=next((b.trace for b in broken if b.trace), ""),
        )
        findings = [b.finding for b in {b.sentence: b for b in broken}.values()]
        return gate, findings

    # --- the rules ------------------------------------------------------------------

    def weights_come_back(self) -> Broken | None:
        """get_weights returns what set_weights was given, bit for bit."""
        given = self.course.weights
        got = self.get(self.start(given))
        for layer, (new, old) in enumerate(zip(got, given, strict=True)):
            for name, observed, expected in zip("Wb", new, old, strict=True):
                problem = array_problem(observed, expected)
                if problem:
                    return Broken(f"get_weights: {name}[{layer}] {problem}")
        if all(np.array_equal(x, y) for x, y in flat(got, given)):
            return None
        rounded = [(W.astype(np.float32), b.astype(np.float32)) for W, b in given]
        if all(np.array_equal(x, y) for x, y in flat(got, rounded)):
            return None  # judged by the next rule
        lost = [
            f"{'Wb'[i % 2]}[{i // 2}]"
            for i, (x, y) in enumerate(flat(got, given))
            if not x.any() and y.any()
        ]
        if all(name.startswith("b") for name in lost) and self._has_no_biases():
            self.subject.no_biases = True
            return None
        if lost:
            return Broken(
                f"after set_weights, get_weights returns zeros for {', '.join(lost)}",
                "weights-zeroed",
            )
        return Broken("get_weights does not return what set_weights was given")

    def _has_no_biases(self) -> bool:
        """Tell whether there are no biases: nothing depends on them, none is learnt."""
        without = [(W, b * 0) for W, b in self.course.weights]
        probs = [
            self.call(self.start(w), "predict_proba", self.course.X.copy())
            for w in (self.course.weights, without)
        ]
        trained = self.train(self.course)
        return np.array_equal(*probs) and not any(b.any() for _, b in trained)

    def dtype_is_kept(self) -> Broken | None:
        """Weights and probabilities have the dtype that was asked for."""
        asked = self.hp.dtype
        model = self.start(self.course.weights)
        rounded = any(
            x.dtype == np.float32
            or not (np.array_equal(x, y) or (self.subject.no_biases and not x.any()))
            for x, y in flat(self.get(model), self.course.weights)
        )
        found = []
        if rounded:
            found.append("the weights")
        probs = self.call(model, "predict_proba", self.course.X.copy())
        if isinstance(probs, np.ndarray) and probs.dtype == np.float32:
            found.append("predict_proba")
        if self.subject.has_gradients:
            _, gradients = self.gradients(model)
            if any(
                isinstance(g, np.ndarray) and g.dtype == np.float32
                for pair in gradients
                for g in pair
            ):
                found.append("the gradients")
        if not found or asked == "float32":
            return None
        self.subject.dtype = "float32"
        if "dtype" not in self.subject.accepted:
            self.subject.notes.append(
                "It computes in float32 (7 digits); the tolerances allow for that."
            )
            return None
        return Broken(
            f"dtype float64 was asked for, but {' and '.join(found)} "
            f"{'are' if len(found) > 1 or found[0] != 'predict_proba' else 'is'} "
            "float32",
            "float32-result",
        )

    def weights_are_copied_in(self) -> Broken | None:
        """Changing the given arrays afterwards does not change the network."""
        given = copies(self.course.weights)
        model = self.start(given, copy=False)
        before = self.get(model)
        for W, b in given:
            W += 1
            b += 1
        if equal(before, self.get(model)):
            return None
        return Broken(
            "set_weights keeps the caller's arrays instead of copies", "weights-shared"
        )

    def weights_are_copied_out(self) -> Broken | None:
        """Changing the returned arrays does not change the network."""
        model = self.start(self.course.weights)
        # The arrays themselves, not copies: they are changed here.
        returned = self.subject.guard.call("get_weights", model.get_weights)
        before = self.get(model)
        for entry in returned:
            for array in entry if isinstance(entry, (list, tuple)) else (entry,):
                if isinstance(array, np.ndarray):
                    array += 1
        if equal(before, self.get(model)):
            return None
        return Broken(
            "get_weights returns the network's own arrays instead of copies",
            "weights-shared",
        )

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


def _raised(error: UserCodeError, broken: list[Broken]) -> Broken | None:
    """Return a rule broken by an exception; None if this very line has been told."""
    told = {last_frame(b.trace) for b in broken if b.trace}
    if error.trace and error.frame in told:
        return None
    return Broken(error.sentence, trace=error.trace, reason=error.as_finding)
