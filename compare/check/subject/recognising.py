"""In which form do two functions want their arrays? Found by trying.

Depth, layout, activation and kind of output from `forward`; the form of the labels from
`gradients`. Refuses to judge: the likeliest form of wrong functions is a form, too.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.check import reference
from compare.check.arrays import agrees
from compare.check.guard import UserCodeError
from compare.check.probes import Probe, few_rows, make_probe, other_networks
from compare.check.simulate.equations import softmax
from compare.check.subject.function_calls import FunctionCalls
from compare.check.subject.guesses import explaining_activation, likeliest
from compare.check.subject.layouts import LABEL_FORMS, Layout, layouts
from compare.check.tolerances import EVALUATION, EXPLAINED
from compare.config import ACTIVATIONS, HyperParameters

OTHER_DEPTHS = (2, 4, 1, 5)


@dataclass
class Recognising(FunctionCalls):
    """Two functions whose form is found."""

    def recognise_forward(self) -> bool:
        """Find depth, layout, activation and kind of output; False if nothing runs."""
        for depth in (len(self.hp.layer_sizes) - 1, *OTHER_DEPTHS):
            hp = _with_depth(self.hp, depth)
            for changes in (other_networks(hp)[0], {}):
                probe = make_probe(replace(hp, **changes), seed=1)
                if self._try_layouts(probe):
                    if hp.layer_sizes != self.hp.layer_sizes:
                        self.hp = replace(self.hp, layer_sizes=hp.layer_sizes)
                        kind = "dense layers" if hp.conv_layers else "layers"
                        self.notes.append(f"There are {depth} {kind}.")
                    return True
            if "layer_sizes" in self.given:
                break
        return False

    def _try_layouts(self, probe: Probe) -> bool:
        first: tuple[Layout, Any, str] | None = None
        # A kernel's axes and an image's have one order here: that of PyTorch.
        forms = [Layout()] if probe.hp.conv_layers else layouts()
        for layout in forms:
            try:
                out, note = self.run_forward(layout, probe)
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
        if probe.hp.conv_layers:
            probe = few_rows(probe.hp)
            out, _ = self.run_forward(self.layout, probe)
        others = dict.fromkeys((asked, *ACTIVATIONS))
        found = explaining_activation(out, probe, others, EXPLAINED[self.dtype])
        if found and found != asked:
            self.hp = replace(self.hp, activation=found)
            self.notes.append(f"The activation is {found}.")

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

    def recognise_labels(self) -> None:
        """Find the form of the labels: indices, one-hot rows or columns."""
        # On a network without equal sizes; a mistake may run on the square one only.
        for changes in other_networks(self.hp):
            if self._try_labels(make_probe(replace(self.hp, **changes), seed=1)):
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
                given, note = self.run_gradients(probe)
            except UserCodeError as error:
                if error.is_final:
                    raise
                continue
            if isinstance(given, UserCodeError):
                continue
            runs.append((form, note, [self.ours(*pair) for pair in given]))
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
