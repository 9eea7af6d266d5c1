"""What do somebody's functions want, if under no convention their numbers are right?

Then there is a mistake in them as well, and the convention is the one under which a
known mistake gives these very numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue import of_stage
from compare.check.catalogue.mistake import Network
from compare.check.observations import Answer, Observation
from compare.check.probes import Probe
from compare.check.simulate.equations import Equations
from compare.check.simulate.expected import fits, predict
from compare.contract import Weights

Gradients = list[tuple[Any, Any]]


def likeliest(
    runs: Sequence[Gradients], probe: Probe, right: Weights, tolerance: float
) -> int:
    """Return the number of the run whose gradients are the likeliest ones.

    Each run has the labels in another form. Where no known mistake gives the numbers of
    any, it is the run that points most nearly where it should, or just away from it.
    """
    observed = [Observation(probe, Answer(None), Answer(None, None, g)) for g in runs]
    net = Network.of(probe.hp, Equations())
    for hypothesis in of_stage("gradient", Equations(), net):
        predicted = predict(hypothesis.equations, observed[0], "gradients")
        for number, gradients in enumerate(runs):
            if fits(gradients, predicted, tolerance):
                return number
    return int(np.argmax([_alignment(gradients, right) for gradients in runs]))


def explaining_activation(
    probs: Any, probe: Probe, activations: Iterable[str], tolerance: float
) -> str:
    """Return the first activation with which a known mistake gives `probs`, or ""."""
    for activation in activations:
        asked = replace(probe, hp=replace(probe.hp, activation=activation))
        observed = Observation(asked, Answer(None), Answer(probs))
        net = Network.of(asked.hp, Equations())
        for hypothesis in of_stage("forward", Equations(), net):
            if fits(probs, predict(hypothesis.equations, observed, "probs"), tolerance):
                return activation
    return ""


def _alignment(gradients: Gradients, right: Weights) -> float:
    """Return |cos| of the angle between two gradients, mean over the arrays.

    An array of another shape counts as 0: a mistake in db leaves dW to be judged by.
    """
    cosines = []
    for pair, expected in zip(gradients, right, strict=True):
        for g, r in zip(pair, expected, strict=True):
            if np.shape(g) != np.shape(r):
                cosines.append(0.0)
                continue
            x, y = np.ravel(np.asarray(g, float)), np.ravel(r)
            length = float(np.linalg.norm(x) * np.linalg.norm(y))
            cosines.append(abs(float(x @ y)) / length if length > 0 else 0.0)
    found = float(np.mean(cosines))
    return found if np.isfinite(found) else 0.0
