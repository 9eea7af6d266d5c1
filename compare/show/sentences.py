"""What statistics find, as sentences without a final stop: speed, accuracy, noise.

The numbers and the verdicts come from `compare.statistics`, which knows no words.
"""

from compare.show.ratio import details, measured, multiple, rounds
from compare.show.units import per_cent
from compare.show.words import count
from compare.statistics import (
    MIN_ROUNDS,
    MIN_SEEDS,
    TOO_WIDE,
    AccuracyVerdict,
    ControlVerdict,
    Noise,
    RatioInterval,
    SpeedVerdict,
)


def speed(found: SpeedVerdict) -> str:
    """Return what may be said of the speed of one beside that of another."""
    name, baseline, ratio = found.name, found.baseline_name, found.ratio
    match found.verdict:
        case "not enough data":
            return f"{name} against {baseline}: {_too_few(ratio)}"
        case "too noisy":
            return (
                f"{name} against {baseline}: too noisy to rank ({measured(ratio)}: "
                f"wider than {per_cent(TOO_WIDE)} and not far from 1)"
            )
        case "same":
            return (
                f"{name} is as fast as {baseline} within {per_cent(found.margin)} "
                f"({measured(found.equivalence_interval)})"
            )
        case "faster":
            return (
                f"{name} is {multiple(ratio)} as fast as {baseline} ({details(ratio)})"
            )
        case "slower":
            return (
                f"{name} runs at {multiple(ratio)} the speed of {baseline} "
                f"({details(ratio)})"
            )
        case "no detectable difference":
            return (
                f"{name} and {baseline}: no detectable difference in speed "
                f"({measured(ratio)})"
            )


def control(found: ControlVerdict) -> str:
    """Return what the A/A control says of the measurement."""
    lead = f"A/A control, {found.name} against itself: "
    if found.passed is None:
        return lead + _too_few(found.ratio)
    if found.passed:
        end = "the interval contains 1, as it must"
    else:
        end = (
            "the interval does not contain 1, so something other than the code made a "
            "difference; believe no difference of this size"
        )
    return f"{lead}{measured(found.ratio)}: {end}"


def _too_few(ratio: RatioInterval) -> str:
    return f"not enough data ({rounds(ratio.n_pairs)}, {MIN_ROUNDS} needed)"


def accuracy(found: AccuracyVerdict) -> str:
    """Return what may be said of the accuracy of one beside that of another."""
    a, b, low, high = found.name_a, found.name_b, found.low, found.high
    size = f"{count(found.n_seeds, 'seed')} × {found.n_images:,} images"
    difference = f"difference {_points(found.difference)} points"
    if found.verdict == "not enough data" or low is None or high is None:
        return (
            f"{a} and {b}: not enough data to compare accuracy ({difference}, {size}, "
            f"{MIN_SEEDS} seeds needed)"
        )
    level = f"{100 * found.confidence:.3g} %"
    if low == high == 0:
        return f"{a} and {b} are right on exactly the same images ({size})"
    if found.verdict == "equivalent":
        inner = f"{_points(found.inner_low)} to {_points(found.inner_high)}"
        # The two one-sided tests ask whether this interval is within the margin.
        return (
            f"{a} and {b} are equally accurate within ±{100 * found.margin:.3g} "
            f"points ({difference}, {200 * found.confidence - 100:.3g} % interval "
            f"{inner}, {size})"
        )
    if found.verdict == "no detectable difference":
        return (
            f"{a} and {b}: no detectable difference in accuracy ({difference}, "
            f"{level} interval {_points(low)} to {_points(high)}, {size})"
        )
    near, far = sorted((abs(low), abs(high)))  # both on the same side of 0
    return (
        f"{a} is {100 * abs(found.difference):.2f} points {found.verdict} than {b} "
        f"({level} interval {100 * near:.2f} to {100 * far:.2f}, {size})"
    )


def _points(fraction: float | None) -> str:
    if fraction is None:
        return "unknown"
    return f"{round(100 * fraction, 2) + 0.0:+.2f}"  # + 0.0: no "-0.00"


def noise(name: str, found: Noise) -> str:
    """Return what is suspicious about the times of `name`, with a number and a cure."""
    value, limit = f"{100 * found.value:.0f} %", f"{100 * found.limit:.0f} %"
    match found.kind:
        case "spread":
            what = (
                f"the middle half of its {found.n} times spreads over {value} of the "
                f"median (limit {limit}): close other programs, or measure more rounds"
            )
        case "slow extreme" | "fast extreme":
            slow = found.kind == "slow extreme"
            what = (
                f"the {'slowest' if slow else 'fastest'} of its {found.n} times is "
                f"{value} {'above' if slow else 'below'} the median (limit {limit}): "
                "something disturbed the run; trust medians only, or run again"
            )
        case "too short":
            what = (
                f"the shortest time is {found.value * 1e3:.3g} ms (limit "
                f"{found.limit * 1e3:g} ms), where the clock itself counts: "
                "time more work at once"
            )
        case "waiting":
            what = (
                f"it had the processor for only {value} of the time measured (limit "
                f"{limit}): other programs or the disk held it up; close them and run "
                "again"
            )
        case "getting slower" | "getting faster":
            way = found.kind.removeprefix("getting ")
            what = (
                f"its epochs get {way}, by {value} from the first to the last (limit "
                f"{limit}): warm up longer, let the machine cool, or look for denormal "
                "numbers"
            )
    return f"{name}: {what}"


def busy_machine(load_average: float, n_cores: int, limit: float) -> str:
    """Return that other programs were running before anything was measured."""
    return (
        f"the machine was busy at the start: load average {load_average:.1f} on "
        f"{count(n_cores, 'core')}, {load_average / n_cores:.2f} per core (limit "
        f"{limit:.2f}): close other programs and run again"
    )
