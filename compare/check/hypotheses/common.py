"""What a hypothesis is, and the factors and choices of layers that many share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from compare.check.equations import Equations, Pass


@dataclass(frozen=True)
class Hypothesis:
    """A mistake in one of its forms: its key, where it sits, and what is computed."""

    key: str
    where: str
    equations: Equations
    remark: str = ""


Factor = Callable[[Pass], float]
BATCH: Factor = lambda p: p.divisor  # noqa: E731  # a table of factors reads best so
FACTORS: tuple[tuple[str, Factor, str], ...] = (
    ("sum-over-batch", BATCH, "times the batch size B"),
    ("mean-over-classes", lambda p: 1 / p.probs.shape[1], "divided by the classes K"),
    ("divided-twice", lambda p: 1 / p.divisor, "divided by B once more"),
    ("factor-two", lambda p: 2.0, "times 2"),
    ("jacobian-missing", lambda p: 2 / p.probs.shape[1], "times 2 / K"),
    ("wrong-sign", lambda p: -1.0, "times −1"),
    (
        "short-batch-divisor",
        lambda p: p.divisor / p.batch_size,
        "divided by batch_size, whatever the number of rows",
    ),
)


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
