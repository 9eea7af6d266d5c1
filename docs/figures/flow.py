"""Forward and backward: what each step computes, keeps and hands back."""

from pathlib import Path

from matplotlib.axes import Axes

from docs.figures import style

# Places from left to right: arrays and, between them, operations.
ARRAYS = (
    *("$X$", "$z^{(0)}$", "$a^{(0)}$", "$z^{(1)}$", "$a^{(1)}$"),
    *("$z^{(2)}$", "loss $L$"),
)
GRADIENTS = (
    *(None, "$dz^{(0)}$", "$da^{(0)}$", "$dz^{(1)}$", "$da^{(1)}$", "$dz^{(2)}$"),
    None,
)
FORWARD = (
    *("$X\\,W^{(0)} + b^{(0)}$", "relu", "$a^{(0)}W^{(1)} + b^{(1)}$", "relu"),
    *("$a^{(1)}W^{(2)} + b^{(2)}$", "softmax,\n$-\\log\\,p_y$"),
)
FORWARD_NUMBERS = (2, 3, 2, 3, 2, "4–6")
BACKWARD = (
    *(None, "$\\odot\\;f'(z^{(0)})$", "$dz^{(1)}\\,W^{(1)T}$"),
    *("$\\odot\\;f'(z^{(1)})$", "$dz^{(2)}\\,W^{(2)T}$", "$(p - t)\\,/\\,B$"),
)
BACKWARD_NUMBERS = (None, 11, 10, 11, 10, 7)
SHAPES = ("B × 784", "B × 128", "B × 128", "B × 64", "B × 64", "B × 10", "1")
STEP = 2.3
TOP, BOTTOM, PARAMETERS = 5.0, 2.5, 0.85


def draw(path: Path) -> None:
    """Draw the figure."""
    with style.figure(path, 10.4, 5.0) as figure:
        axes = style.canvas(figure, 16.2, 7.1)
        axes.text(0.1, 6.7, "forward", color=style.BLUE, weight="bold", fontsize=12)
        axes.text(
            2.2,
            6.7,
            "left to right; the numbers are those of the equations",
            fontsize=9.5,
            va="baseline",
        )
        axes.text(0.1, 0.05, "backward", color=style.RED, weight="bold", fontsize=12)
        axes.text(
            2.4,
            0.05,
            "right to left; dotted: kept on the way forward, needed on the way back",
            fontsize=9.5,
            va="baseline",
        )
        for place in range(7):
            _array(axes, place)
        for place in range(6):
            _operation(axes, place)
        for layer, place in enumerate((0, 2, 4)):
            _parameters(axes, layer, place)


def _x(place: int) -> float:
    return 1.25 + place * STEP


def _array(axes: Axes, place: int) -> None:
    x, size = _x(place), {"width": 1.0, "height": 0.62}
    style.box(
        axes, (x, TOP), ARRAYS[place], colour=style.PALE_BLUE, edge=style.BLUE, **size
    )
    axes.text(x, TOP + 0.45, SHAPES[place], ha="center", fontsize=8, color=style.GREY)
    gradient = GRADIENTS[place]
    if gradient is None:
        return
    style.box(
        axes, (x, BOTTOM), gradient, colour=style.PALE_RED, edge=style.RED, **size
    )


def _operation(axes: Axes, place: int) -> None:
    left, right = _x(place) + 0.5, _x(place + 1) - 0.5
    middle = (left + right) / 2
    style.arrow(axes, (left, TOP), (right, TOP), color=style.BLUE)
    number = f"({FORWARD_NUMBERS[place]})"
    axes.text(
        middle, TOP + 0.62, FORWARD[place], ha="center", va="bottom", fontsize=9.5
    )
    axes.text(middle, TOP + 0.12, number, ha="center", fontsize=8, color=style.BLUE)
    name = BACKWARD[place]
    if name is None:
        return
    start = right if place < 5 else _x(6)
    if place == 5:
        axes.plot((start, start), (TOP - 0.31, BOTTOM), color=style.RED, lw=1.4)
    style.arrow(axes, (start, BOTTOM), (left, BOTTOM), color=style.RED)
    axes.text(middle + 0.12, BOTTOM + 0.42, name, ha="center", fontsize=9.5)
    number = f"({BACKWARD_NUMBERS[place]})"
    axes.text(middle, BOTTOM + 0.12, number, ha="center", fontsize=8, color=style.RED)
    if place in (1, 3):  # f'(z) needs z
        x = _x(place)
        _kept(axes, (x, x, middle), (TOP - 0.31, BOTTOM + 1.25, BOTTOM + 0.7))
        axes.plot(middle, BOTTOM + 0.7, "v", color=style.GREY, ms=4)


def _parameters(axes: Axes, layer: int, place: int) -> None:
    x = (_x(place) + _x(place + 1)) / 2
    style.box(
        axes,
        (x, PARAMETERS),
        f"$dW^{{({layer})}},\\; db^{{({layer})}}$",
        width=2.15,
        height=0.55,
        colour="white",
        edge=style.RED,
        size=10,
    )
    style.arrow(
        axes,
        (_x(place + 1), BOTTOM - 0.31),
        (x + 0.5, PARAMETERS + 0.28),
        color=style.RED,
    )
    axes.text(x + 1.05, PARAMETERS + 0.6, "(8), (9)", fontsize=8, color=style.RED)
    # dW = aᵀ dz needs the a that entered the layer.
    left = _x(place) + 0.35
    _kept(
        axes,
        (left, left + 0.35, left + 0.35),
        (TOP - 0.31, TOP - 0.95, PARAMETERS + 0.28),
    )


def _kept(axes: Axes, xs: tuple[float, ...], ys: tuple[float, ...]) -> None:
    axes.plot(xs, ys, color=style.GREY, ls=":", lw=1.5, zorder=0)
