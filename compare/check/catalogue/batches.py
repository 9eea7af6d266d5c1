"""Between the batches: which rows, in which order, and what is kept."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    DELTA,
    EQ_BATCH,
    INPUT_GRADIENT,
    Hypothesis,
    Mistake,
    in_rules,
)
from compare.check.catalogue.textbook_lines import METHODS
from compare.check.simulate import rules as right
from compare.check.simulate.equations import Array
from compare.check.simulate.rules import Rules
from compare.config import HyperParameters

MISTAKES = (
    Mistake(
        "updated-weights",
        "the backward pass runs through weights that are already updated",
        "da = dz Wᵀ with the W of the forward pass: first all gradients, then the step",
        INPUT_GRADIENT,
    ),
    Mistake(
        "accumulated",
        "the gradients are accumulated from batch to batch and never set to zero",
        "g = ∂loss/∂θ of this batch alone",
        "gradients = []",
    ),
    Mistake(
        "short-batch-dropped",
        "the short last batch is dropped",
        EQ_BATCH,
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    Mistake(
        "short-batch-divisor",
        "the short last batch is divided by the full batch size",
        "dz = (p − onehot(y)) / B, with B the rows of this batch",
        DELTA,
    ),
    Mistake(
        "labels-not-shuffled",
        "X is taken in the order of `order`, y is not",
        "X[rows] and y[rows], the same rows for both",
        "self._train_batch(X[rows], y[rows])",
        METHODS,
    ),
    Mistake(
        "batch-twice",
        "each batch is used twice",
        EQ_BATCH + ", and each of them is one step",
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    Mistake(
        "sample-lost",
        "the last sample is lost: the slice ends one too early",
        EQ_BATCH + "; a slice leaves its end out by itself",
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    Mistake(
        "batch-size-other",
        "the batches have another size than the one asked for",
        EQ_BATCH,
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    Mistake(
        "order-ignored",
        "the batches are not taken from `order`",
        EQ_BATCH,
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    Mistake(
        "state-forgotten",
        "the memory of the optimizer is lost between two epochs",
        "v, m and t live on from one train_epoch to the next; set_weights resets them",
        "self._memory = [",
        METHODS,
    ),
)


def training(base: Rules, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield the mistakes of rows, order and memory."""

    def dropped(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return [r for r in right.batches(order, n, hp) if len(r) == hp.batch_size]

    def from_the_start(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(np.arange(len(order)), n, hp)

    def every_row(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(np.arange(n), n, hp)

    def sorted_order(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(np.sort(order), n, hp)

    def reversed_order(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(order[::-1], n, hp)

    def twice(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return [rows for rows in right.batches(order, n, hp) for _ in range(2)]

    def epoch_twice(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return 2 * right.batches(order, n, hp)

    def without_last_row(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return [rows[:-1] for rows in right.batches(order, n, hp) if len(rows) > 1]

    def shorter_slices(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        every = right.batches(order, n, hp)
        return [rows[: hp.batch_size - 1] for rows in every if hp.batch_size > 1]

    def without_last(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(order[:-1], n, hp)

    for key, rows, remark in (
        ("short-batch-dropped", dropped, ""),
        ("order-ignored", from_the_start, "rows 0, 1, 2, … are used"),
        ("order-ignored", every_row, "all rows of X are used, 0, 1, 2, …"),
        ("order-ignored", sorted_order, "the rows are sorted"),
        ("order-ignored", reversed_order, "it is read backwards"),
        ("batch-twice", twice, "one after the other"),
        ("batch-twice", epoch_twice, "the whole epoch, and then again"),
        ("sample-lost", without_last_row, "of each batch"),
        ("sample-lost", shorter_slices, "of each full batch"),
        ("sample-lost", without_last, "of the epoch"),
        *_other_sizes(hp),
    ):
        yield in_rules(key, replace(base, batches=rows), remark)
    for key, changes in (
        ("short-batch-divisor", {"divisor": lambda n_rows, hp, *sizes: hp.batch_size}),
        ("updated-weights", {"immediately": None}),
        ("labels-not-shuffled", {"labels_in_order": True}),
        ("labels-not-shuffled", {"labels_in_order": True, "as_many_labels": True}),
        ("accumulated", {"accumulate": True}),
        ("accumulated", {"accumulate": True, "forgetful": True}),
        ("state-forgotten", {"forgetful": True}),
    ):
        yield in_rules(key, replace(base, **changes))
    for remark, divisor in (
        ("by all rows of X", lambda n_rows, hp, n_ordered, n_data: n_data),
        ("by all rows of `order`", lambda n_rows, hp, n_ordered, n_data: n_ordered),
    ):
        yield in_rules("divisor-other", replace(base, divisor=divisor), remark)
    depth = hp.architecture.depth
    for layer in range(1, depth) if depth > 2 else ():
        late = replace(base, immediately=(layer,))
        yield in_rules("updated-weights", late, where=f"at W[{layer}]")


def _other_sizes(hp: HyperParameters) -> Iterator[tuple[str, Any, str]]:
    for size in (1, 8, 10, 16, 20, 32, 50, 64, 100, 128, 256):
        if size != hp.batch_size:

            def rows(order: Array, n: int, hp: Any, size: int = size) -> list[Array]:
                return [order[k : k + size] for k in range(0, len(order), size)]

            yield "batch-size-other", rows, f"of {size} rows, whatever was asked for"
    yield "batch-size-other", lambda order, n, hp: [order], "all rows are one batch"
