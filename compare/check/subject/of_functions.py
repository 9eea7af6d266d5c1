"""Two functions, `forward(weights, X)` and `gradients(weights, X, y)`, as a subject.

For the first evening, before there is a class. Refuses to train: functions have no
state. The form in which they want their arrays is found by trying (`conventions.py`).
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compare.check import reference
from compare.check.arrays import agrees
from compare.check.findings import Finding, Gate
from compare.check.guard import Guard, UserCodeError
from compare.check.observations import Answer
from compare.check.probes import Course, Probe, make_probe, small_sizes, square_sizes
from compare.check.simulate.equations import softmax
from compare.check.subject.guesses import explaining_activation, likeliest
from compare.check.subject.layouts import (
    LABEL_FORMS,
    Layout,
    labels_as,
    layouts,
    read_gradients,
    read_output,
)
from compare.check.terms import OURS, Terms
from compare.check.tolerances import EVALUATION, EXPLAINED
from compare.config import ACTIVATIONS, HyperParameters
from compare.contract import Weights
from compare.own_code import field_of

OTHER_DEPTHS = (2, 4, 1, 5)


@dataclass
class FunctionsSubject:
    """`forward` and `gradients`; the latter may be None."""

    forward: Callable[..., Any]
    gradients: Callable[..., Any] | None
    label: str
    hp: HyperParameters
    guard: Guard
    given: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    dtype: str = "float64"
    can_train: bool = False
    no_biases: bool = False
    is_random: bool = False
    has_gradients: bool = False
    has_loss: bool = False
    accepted: set[str] = field(default_factory=set)
    absent: str = "the functions forward and gradients do not tell it"
    networks: list[HyperParameters] = field(default_factory=list)
    terms: Terms = OURS
    layout: Layout = field(default_factory=Layout)
    logits: bool = False
    label_form: str = "indices"

    def __post_init__(self) -> None:
        self.has_gradients = self.gradients is not None
        self.networks = [self.hp]
        # Functions are asked for the gradient of all that is to be descended.
        self.terms = Terms(l2=self.hp.weight_decay)
        if self._recognise_forward():
            self._recognise_labels()
        self.no_biases = self.layout.bias == "none"
        self.notes += self.layout.notes()
        sizes = self.hp.layer_sizes
        others = dict.fromkeys((sizes, small_sizes(sizes), square_sizes(sizes)))
        self.networks = [replace(self.hp, layer_sizes=s) for s in others]

    # --- recognising -----------------------------------------------------------------

    def _recognise_forward(self) -> bool:
        """Find depth, layout, activation and kind of output; False if nothing runs."""
        for depth in (len(self.hp.layer_sizes) - 1, *OTHER_DEPTHS):
            hp = _with_depth(self.hp, depth)
            for sizes in (small_sizes(hp.layer_sizes), hp.layer_sizes):
                probe = make_probe(replace(hp, layer_sizes=sizes), seed=1)
                if self._try_layouts(probe):
                    if hp.layer_sizes != self.hp.layer_sizes:
                        self.hp = replace(self.hp, layer_sizes=hp.layer_sizes)
                        self.notes.append(f"There are {depth} layers.")
                    return True
            if "layer_sizes" in self.given:
                break
        return False

    def _try_layouts(self, probe: Probe) -> bool:
        first: tuple[Layout, Any, str] | None = None
        for layout in layouts():
            try:
                out, note = self._run_forward(layout, probe)
            except UserCodeError as error:
                if error.is_final:
                    raise
                continue
            if getattr(out, "shape", None) != (len(probe.X), probe.hp.n_classes):
                continue
            if self._matches(layout, out, probe, note):
                return True
            first = first or (layout, out, note)
        if first is None:
            return False
        self._adopt(first[0], first[1], first[2])
        self._guess_activation(first[1], probe)
        with np.errstate(all="ignore"):
            self.logits = not bool(((first[1] >= 0) & (first[1] <= 1)).all())
            self.logits &= not np.isnan(first[1]).any()
        return True

    def _guess_activation(self, out: Any, probe: Probe) -> None:
        """With a mistake in forward: the activation with which a known one fits."""
        asked = self.hp.activation
        if "activation" in self.given:
            return
        others = dict.fromkeys((asked, *ACTIVATIONS))
        found = explaining_activation(out, probe, others, EXPLAINED[self.dtype])
        if found and found != asked:
            self.hp = replace(self.hp, activation=found)
            self.notes.append(f"The activation is {found}.")

    def _run_forward(self, layout: Layout, probe: Probe) -> tuple[Any, str]:
        out = self.guard.call(
            "forward",
            self.forward,
            layout.weights(probe.weights),
            layout.samples(probe.X),
        )
        array, note = read_output(out, len(probe.X), probe.hp.n_classes)
        return (layout.result(array) if isinstance(array, np.ndarray) else array), note

    def _matches(self, layout: Layout, out: Any, probe: Probe, note: str) -> bool:
        """Adopt the layout if the output is right under it, with any activation."""
        dtype = "float32" if out.dtype == np.float32 else "float64"
        asked = self.hp.activation
        others = () if "activation" in self.given else ACTIVATIONS
        for activation in dict.fromkeys((asked, *others)):
            right = reference.answer(
                replace(probe, hp=replace(probe.hp, activation=activation))
            )
            for logits in (False, True):
                probs = softmax(out.astype(float)) if logits else out
                if not agrees(probs, right.probs, EVALUATION[dtype]):
                    continue
                if logits and _sums_to_one(out):
                    continue  # softmax of probabilities is no logits
                self._adopt(layout, out, note)
                self.logits = logits
                if logits:
                    self.notes.append("forward returns logits; softmax is put on top.")
                if activation != asked:
                    self.hp = replace(self.hp, activation=activation)
                    self.notes.append(f"The activation is {activation}.")
                return True
        return False

    def _adopt(self, layout: Layout, out: Any, note: str) -> None:
        self.layout = layout
        if note:
            self.notes.append(note)
        if out.dtype == np.float32:
            self.dtype = "float32"
            self.notes.append(
                "It computes in float32 (7 digits); the tolerances allow for that."
            )

    def _recognise_labels(self) -> None:
        # On a network without equal sizes; a mistake may run on the square one only.
        for sizes_of in (small_sizes, square_sizes):
            sizes = sizes_of(self.hp.layer_sizes)
            probe = make_probe(replace(self.hp, layer_sizes=sizes), seed=1)
            if self._try_labels(probe):
                return

    def _try_labels(self, probe: Probe) -> bool:
        """Adopt the likeliest form of the labels; False if gradients runs with none."""
        if self.gradients is None:
            return True
        right = reference.answer(probe).gradients
        runs: list[tuple[str, str, Any]] = []
        for form in LABEL_FORMS:
            self.label_form = form
            try:
                given, note = self._run_gradients(probe)
            except UserCodeError as error:
                if error.is_final:
                    raise
                continue
            if isinstance(given, UserCodeError):
                continue
            runs.append((form, note, [self._ours(*pair) for pair in given]))
            if _all_agree(given, right, EVALUATION[self.dtype]):
                runs = runs[-1:]
                break
        self.label_form, number = "indices", 0
        if not runs:
            return False
        if len(runs) > 1:
            gradients = [run[2] for run in runs]
            number = likeliest(gradients, probe, right, EXPLAINED[self.dtype])
        self.label_form, note, _ = runs[number]
        if note:
            self.notes.append(note)
        if self.label_form != "indices":
            self.notes.append(f"Labels are taken as {self.label_form}.")
        return True

    def _run_gradients(self, probe: Probe) -> tuple[Any, str]:
        value = self.guard.call(
            "gradients",
            self._with_decay(self.gradients),
            self.layout.weights(probe.weights),
            self.layout.samples(probe.X),
            labels_as(self.label_form, probe.y, probe.hp.n_classes, self.dtype),
        )
        return read_gradients(value, len(probe.weights), self.layout)

    def _with_decay(self, gradients: Any) -> Any:
        """Hand over the weight decay, if the function has a parameter for it."""
        try:
            names = inspect.signature(gradients).parameters
        except (TypeError, ValueError):
            return gradients
        decay = {
            n: self.hp.weight_decay for n in names if field_of(n) == "weight_decay"
        }
        return functools.partial(gradients, **decay) if decay else gradients

    # --- answering -------------------------------------------------------------------

    def answer(self, probe: Probe) -> Answer:
        """Return probabilities and gradients in our own form; there is no loss."""
        try:
            out, _ = self._run_forward(self.layout, probe)
            probs = (
                softmax(np.asarray(out, float))
                if self.logits and isinstance(out, np.ndarray) and out.ndim == 2
                else out
            )
        except UserCodeError as error:
            probs = error
        if self.gradients is None:
            return Answer(probs)
        try:
            value, _ = self._run_gradients(probe)
        except UserCodeError as error:
            value = error
        if isinstance(value, UserCodeError):
            return Answer(probs, None, value)
        return Answer(probs, None, [self._ours(*pair) for pair in value])

    def loss(self, probe: Probe) -> float:
        """Return the loss of what `forward` returns, on the terms of the network."""
        out, _ = self._run_forward(self.layout, probe)
        try:
            probs = softmax(np.asarray(out, float)) if self.logits else out
            squares = sum(float((W**2).sum()) for W, _ in probe.weights)
            return self.terms.loss.of_outputs(probs, probe.y) + (
                self.terms.l2 / 2 * squares
            )
        except (TypeError, ValueError, IndexError):
            raise UserCodeError("forward gives nothing to take a loss of") from None

    def _ours(self, dW: Any, db: Any) -> tuple[Any, Any]:
        if self.layout.transposed and isinstance(dW, np.ndarray) and dW.ndim == 2:
            dW = dW.T
        if isinstance(db, np.ndarray) and db.ndim == 2 and 1 in db.shape:
            db = db.ravel()
        return dW, db

    def train(self, course: Course) -> list[Weights]:
        """Refuse: functions have no state."""
        raise UserCodeError("two functions cannot be trained")

    # --- the contract ----------------------------------------------------------------

    def contract(self) -> tuple[Gate, list[Finding]]:
        """Return the gate of what functions must not do: change what they are lent."""
        probe = make_probe(self.networks[-1], seed=2)
        weights = self.layout.weights(probe.weights)
        X = self.layout.samples(probe.X)
        y = labels_as(self.label_form, probe.y, probe.hp.n_classes, self.dtype)
        lent: dict[str, Any] = {"X": X, "y": y}
        for layer, pair in enumerate(weights):
            arrays = pair if isinstance(pair, tuple) else (pair,)
            lent |= {f"{n}[{layer}]": a for n, a in zip("Wb", arrays, strict=False)}
        before = {name: array.copy() for name, array in lent.items()}
        sentence, trace = "", ""
        try:
            self.guard.call("forward", self.forward, weights, X)
            if self.gradients is not None:
                self.guard.call("gradients", self.gradients, weights, X, y)
        except UserCodeError as error:
            sentence, trace = error.sentence, error.trace
        changed = [name for name, a in lent.items() if not _same(a, before[name])]
        findings = []
        if changed:
            sentence = f"{', '.join(changed)} changed in place"
            findings = [
                Finding(
                    "the contract",
                    ("inputs-changed",),
                    reason=f"Seen directly: {sentence}.",
                )
            ]
        gate = Gate(
            "contract",
            "contract",
            "nothing lent is changed",
            not sentence,
            message=sentence,
            trace=trace,
        )
        return gate, findings


def _with_depth(hp: HyperParameters, depth: int) -> HyperParameters:
    """Return the same network with another number of layers."""
    if depth == len(hp.layer_sizes) - 1:
        return hp
    hidden = (list(hp.layer_sizes[1:-1]) + [32] * depth)[: depth - 1]
    sizes = (hp.layer_sizes[0], *hidden, hp.layer_sizes[-1])
    return replace(hp, layer_sizes=sizes)


def _sums_to_one(out: Any) -> bool:
    return bool(np.allclose(out.sum(axis=1), 1, atol=1e-5) and (out >= 0).all())


def _all_agree(given: Any, right: Any, tolerance: float) -> bool:
    return all(
        agrees(np.squeeze(g), np.squeeze(r), tolerance)
        or agrees(np.squeeze(np.transpose(g)), np.squeeze(r), tolerance)
        for got, expected in zip(given, right, strict=True)
        for g, r in zip(got, expected, strict=True)
    )


def _same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))
