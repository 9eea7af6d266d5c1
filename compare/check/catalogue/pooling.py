"""Between convolutions and dense layers: pooling, its ties, and the order of pixels."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from compare.architecture import POOL as SIZE
from compare.check.catalogue.mistake import (
    FLATTEN,
    POOL,
    UNPOOL,
    Hypothesis,
    Mistake,
    Network,
    name_hidden_layers,
    subsets,
)
from compare.check.catalogue.textbook_lines import CONVOLUTIONS
from compare.check.simulate.convolutions import pools
from compare.check.simulate.equations import Array, Equations, Pass

EQ_UNPOOL = "dp goes to the pixel that was the largest, of equal ones to the first"
MISTAKES = (
    Mistake(
        "pool-other",
        "pooling takes something else than the largest of the four pixels",
        "p[y, x] = max of a[2y : 2y + 2, 2x : 2x + 2]",
        POOL,
        CONVOLUTIONS,
    ),
    Mistake(
        "pool-stride",
        "the pools are not two pixels apart: the stride is ignored",
        "p[y, x] = max of a[2y : 2y + 2, 2x : 2x + 2]",
        POOL,
        CONVOLUTIONS,
    ),
    Mistake(
        "pool-ties",
        "of several pixels that are the largest, more than the first get the gradient",
        EQ_UNPOOL,
        UNPOOL,
        CONVOLUTIONS,
    ),
    Mistake(
        "pool-mask",
        "pooling passes the gradient back to other pixels than the largest",
        EQ_UNPOOL,
        UNPOOL,
        CONVOLUTIONS,
    ),
    Mistake(
        "flatten-order",
        "the pixels of the last maps come in another order",
        "channel by channel and row by row: a.reshape(B, C·H·W) of a (B, C, H, W)",
        FLATTEN,
        CONVOLUTIONS,
    ),
    Mistake(
        "image-transposed",
        "rows and columns of the images are exchanged",
        "X.reshape(B, channels, height, width), row by row",
        "a = X.reshape(len(X), *image_shape)",
        CONVOLUTIONS,
    ),
)

Shares = Callable[[Array], Array]
Pool = tuple[Callable[[Array], Array], Shares]


def _first_of(largest: Array) -> Array:
    """Return 1 for the first True of each four, else 0."""
    return np.asarray(np.eye(4)[largest.argmax(axis=-1)])


def _all_of(largest: Array) -> Array:
    return largest.astype(float)


def _is_max(four: Array) -> Array:
    return np.asarray(four == four.max(axis=-1, keepdims=True))


# Which share of dp each of the four pixels gets.
MEAN: Pool = (lambda four: four.mean(axis=-1), lambda four: np.full(four.shape, 0.25))
SUM: Pool = (lambda four: four.sum(axis=-1), lambda four: np.ones(four.shape))
SMALLEST: Pool = (lambda four: four.min(axis=-1), lambda four: _first_of(-four))
OTHERS: tuple[tuple[Pool, str], ...] = (
    (MEAN, "their mean"),
    (SUM, "their sum"),
    (SMALLEST, "the smallest"),
    *(
        (
            (
                lambda four, k=k: four[..., k],
                lambda four, k=k: np.broadcast_to(np.eye(4)[k], four.shape),
            ),
            f"always the {word}: every second row and column",
        )
        for k, word in ((0, "first"), (3, "last"))
    ),
)
SHARES: tuple[tuple[str, Shares, str], ...] = (
    ("pool-ties", lambda four: _all_of(_is_max(four)), "all of them, the whole"),
    (
        "pool-ties",
        lambda four: _is_max(four) / _is_max(four).sum(axis=-1, keepdims=True),
        "all of them, in equal shares",
    ),
    (
        "pool-ties",
        lambda four: _first_of(_is_max(four)[..., ::-1])[..., ::-1],
        "the last instead",
    ),
    ("pool-mask", SUM[1], "to all four, the whole"),
    ("pool-mask", MEAN[1], "to all four, a quarter each"),
    ("pool-mask", SMALLEST[1], "to the smallest"),
    ("pool-mask", OTHERS[3][0][1], "always to the first"),
    ("pool-mask", OTHERS[4][0][1], "always to the last"),
    ("pool-mask", lambda four: (four > 0).astype(float), "to all that are positive"),
)


def _spread(p: Pass, dp: Array, layer: int, shares: Shares) -> Array:
    """Return da: dp times the share of each pixel of its pool."""
    a = p.outputs[layer]
    B, C, H, W = dp.shape
    if pools(a).shape[:-1] != dp.shape:
        raise ValueError(f"dp {dp.shape} does not fit maps {a.shape}")
    given = dp[..., np.newaxis] * shares(pools(a))
    given = given.reshape(B, C, H, W, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    da = np.zeros_like(a)
    da[:, :, : 2 * H, : 2 * W] = given.reshape(B, C, 2 * H, 2 * W)
    return da


def _unpool(base: Equations, layers: tuple[int, ...], shares: Shares) -> Any:
    def unpool(p: Pass, dp: Array, layer: int) -> Array:
        if layer not in layers:
            return base.unpool(p, dp, layer)
        return _spread(p, dp, layer, shares)

    return unpool


# --- forward ------------------------------------------------------------------------


def forward(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield other poolings and orders of pixels, each with both backward passes."""
    for layers in subsets(range(net.n_convolutions)):
        where = name_hidden_layers(layers, net.depth)
        for (of_four, shares), remark in OTHERS:

            def pool(p: Pass, layer: int, of: Any = of_four, at: Any = layers) -> Array:
                if layer not in at:
                    return base.pool(p, layer)
                return np.asarray(of(pools(p.outputs[layer])))

            wrong = replace(base, pool=pool)
            own = replace(wrong, unpool=_unpool(base, layers, shares))
            for equations in (own, wrong):
                yield Hypothesis("pool-other", where, equations, remark)
        yield from _without_stride(base, layers, where)
    if net.n_convolutions:
        yield from _orders(base)
        turned = replace(base, inputs=lambda p: _turned(base.inputs(p), p.image_shape))
        yield Hypothesis("image-transposed", "", turned)


def _turned(X: Array, shape: tuple[int, int, int]) -> Array:
    return X.reshape(-1, *shape).swapaxes(2, 3).reshape(len(X), -1)


def _without_stride(
    base: Equations, layers: tuple[int, ...], where: str
) -> Iterator[Hypothesis]:
    """Yield pools that begin at a[y, x] instead of a[2y, 2x]."""

    def windows(a: Array) -> Array:
        B, C, H, W = a.shape
        found = sliding_window_view(a, (SIZE, SIZE), axis=(2, 3))
        return found[:, :, : H // SIZE, : W // SIZE].reshape(B, C, H // SIZE, -1, 4)

    def pool(p: Pass, layer: int) -> Array:
        if layer not in layers:
            return base.pool(p, layer)
        return np.asarray(windows(p.outputs[layer]).max(axis=-1))

    def unpool(p: Pass, dp: Array, layer: int) -> Array:
        if layer not in layers:
            return base.unpool(p, dp, layer)
        a = p.outputs[layer]
        given = dp[..., np.newaxis] * _first_of(_is_max(windows(a)))
        da, (H, W) = np.zeros_like(a), dp.shape[2:]
        for k in range(4):
            i, j = divmod(k, SIZE)
            da[:, :, i : i + H, j : j + W] += given[..., k]
        return da

    wrong = replace(base, pool=pool)
    for equations in (replace(wrong, unpool=unpool), wrong):
        yield Hypothesis("pool-stride", where, equations)


# Axes of (B, channels, rows, columns) in the order in which they are laid out.
ORDERS = (
    ((0, 2, 3, 1), "pixel by pixel, with the channels of each together"),
    ((0, 1, 3, 2), "column by column"),
    ((0, 3, 2, 1), "column by column, with the channels of each pixel together"),
)


def _orders(base: Equations) -> Iterator[Hypothesis]:
    for axes, remark in ORDERS:
        flatten, unflatten = _order(axes)
        wrong = replace(base, flatten=flatten)
        for equations in (replace(wrong, unflatten=unflatten), wrong):
            yield Hypothesis("flatten-order", "", equations, remark)


def _order(axes: tuple[int, ...]) -> tuple[Any, Any]:
    def flatten(p: Pass, maps: Array) -> Array:
        return maps.transpose(axes).reshape(len(maps), -1)

    def unflatten(p: Pass, da: Array) -> Array:
        B, C, H, W = p.outputs[p.n_convolutions - 1].shape
        shape = (B, C, H // SIZE, W // SIZE)
        there = da.reshape([shape[axis] for axis in axes])
        return there.transpose(np.argsort(axes))

    return flatten, unflatten


# --- the way back -------------------------------------------------------------------


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield mistakes of the way back through pooling and flattening."""
    for layers in subsets(range(net.n_convolutions)):
        where = name_hidden_layers(layers, net.depth)
        for key, shares, remark in SHARES:
            changed = replace(base, unpool=_unpool(base, layers, shares))
            yield Hypothesis(key, where, changed, remark)
    if net.n_convolutions:
        for axes, remark in ORDERS:
            changed = replace(base, unflatten=_order(axes)[1])
            yield Hypothesis("flatten-order", "in the gradient", changed, remark)
