"""Rules of set_weights and get_weights: the same numbers come back, in copies."""

import numpy as np

from compare.check.gates.asking import Asking, array_problem, equal, flat
from compare.check.gates.broken import Broken
from compare.check.subject import copies


class WeightRules(Asking):
    """Each rule returns what is wrong, or None."""

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
