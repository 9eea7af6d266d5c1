"""What a mistake of the catalogue is, in words and in numbers.

A `Mistake` has the words. A `Hypothesis` is one form of it, in numbers: equations, or
rules of training, with one of them replaced. The lines of the textbook and the
equations that several families quote are here too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from compare.check.catalogue.textbook_lines import TEXTBOOK, find_line
from compare.check.simulate.activations import BY_NAME, Activation
from compare.check.simulate.equations import Equations, Pass
from compare.check.simulate.rules import Rules
from compare.config import HyperParameters


@dataclass(frozen=True)
class Mistake:
    """One mistake: its name, what happens, the right equation, where it is done right.

    `anchor` is the number of an equation of the textbook, or code that stands
    on one line of the file; the line number is looked up.
    """

    key: str
    title: str
    right: str
    anchor: int | str
    file: str = TEXTBOOK

    @property
    def place(self) -> str:
        """Return `numpy_impl/textbook.py:LINE`, read from the file as it is now."""
        return find_line(self.file, self.anchor)


@dataclass(frozen=True)
class Hypothesis:
    """A mistake in one of its forms: its key, where it sits, and what is computed.

    `rules` is None if the mistake is in the equations, which training then uses.
    """

    key: str
    where: str
    equations: Equations
    remark: str = ""
    rules: Rules | None = None

    @property
    def training(self) -> Rules:
        """The rules of training with this mistake in them."""
        return self.rules or Rules(self.equations)


@dataclass(frozen=True)
class Network:
    """What the forms of a mistake depend on: number of layers, and activation.

    The first `n_convolutions` of the layers are convolutions.
    """

    depth: int
    activation: Activation
    n_convolutions: int = 0

    @classmethod
    def of(cls, hp: HyperParameters, base: Equations) -> "Network":
        """Return the network of these hyper-parameters, or of equations of its own."""
        activation = base.activation or BY_NAME[hp.activation]
        return cls(hp.architecture.depth, activation, len(hp.conv_layers))


def in_rules(key: str, rules: Rules, remark: str = "", where: str = "") -> Hypothesis:
    """Return a form of a mistake that sits between the batches."""
    return Hypothesis(key, where, rules.equations, remark, rules)


# Numbers of the textbook's equations, or a piece of a line that has none.
INPUTS: int | str = 1
LINEAR: int | str = 2
ACTIVATE: int | str = 3
EXP: int | str = "e = np.exp(logits"
NORMALISE: int | str = 4
LOSS: int | str = 5
ONE_HOT: int | str = "one_hot = np.eye("
DELTA: int | str = 7
WEIGHT_GRADIENT: int | str = 8
BIAS_GRADIENT: int | str = 9
INPUT_GRADIENT: int | str = 10
HIDDEN_STEP: int | str = 11
RELU: int | str = 12
L2: int | str = 16
VELOCITY: int | str = 17
LOOK_AHEAD: int | str = 18
MOVE: int | str = 19
FIRST_MOMENT: int | str = 20
SECOND_MOMENT: int | str = 21
CORRECTION: int | str = 22
ADAM_MOVE: int | str = 23
DECOUPLED: int | str = 24

# Those of the page on convolutions.
CONVOLVE: int | str = 25
CONV_BIAS: int | str = 26
CONV_WEIGHT_GRADIENT: int | str = 27
CONV_BIAS_GRADIENT: int | str = 28
CONV_INPUT_GRADIENT: int | str = 29
POOL: int | str = 30
UNPOOL: int | str = 31
FLATTEN: int | str = 32

EQ_DELTA = "dz = (p − onehot(y)) / B"
EQ_STEP = "dz = (dz_next Wᵀ) ⊙ f'(z)"
EQ_BATCH = "batch k = order[k·B : (k+1)·B]; the last may be short"

Factor = Callable[[Pass], float]


def subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every non-empty choice of up to three items; of more: each one, and all."""
    if len(items) <= 3:
        yield from chain.from_iterable(
            combinations(items, n) for n in range(1, len(items) + 1)
        )
        return
    for item in items:
        yield (item,)
    yield tuple(items)


def in_layers(layers: Sequence[int], wrong: Any, right: Any) -> Any:
    """Return a function that is `wrong` in these layers and `right` in the others.

    The layer is the last argument of each.
    """
    return lambda *args: (wrong if args[-1] in layers else right)(*args)


def name_layers(chosen: Sequence[int], symbol: str, total: int) -> str:
    """Return "in every layer", or "in layer 1 (dW[1])" and the like."""
    if len(chosen) == total:
        return "in every layer" if total > 1 else f"in {symbol}[{chosen[0]}]"
    return "in " + ", ".join(f"{symbol}[{layer}]" for layer in chosen)


def name_hidden_layers(layers: Sequence[int], depth: int) -> str:
    """Name hidden layers by the z that goes into their activation."""
    if len(layers) == depth - 1:
        return "in every hidden layer" if depth > 2 else "in the hidden layer"
    return "at " + ", ".join(f"z[{layer}]" for layer in layers)
