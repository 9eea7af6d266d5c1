"""Is one implementation more accurate than another? Tests on right and wrong answers.

Works on the same test images for both, seed by seed. Says nothing about speed, and
never looks at probabilities.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from compare.statistics.answers import (
    McNemarResult,
    answers,
    check_same_shape,
    mcnemar_exact,
)

# With two seeds the spread over seeds has one degree of freedom: no verdict.
MIN_SEEDS = 3

AccuracyWord = Literal[
    "more accurate",
    "less accurate",
    "equivalent",
    "no detectable difference",
    "not enough data",
]


@dataclass(frozen=True)
class AccuracyVerdict:
    """What may be said about the accuracy of one implementation beside another's.

    `difference`, `low`, `high` and `margin` are fractions, first minus second. `p` is
    two-sided for "no difference"; `p_equivalence` is that of the two one-sided tests.
    `inner_low` and `inner_high` are the interval that these look at: at 1 - 2 alpha,
    90 % for alpha = 5 %; it lies within ±margin exactly if they both reject. The
    numbers of the tests are None with a single seed.
    """

    verdict: AccuracyWord
    name_a: str
    name_b: str
    difference: float
    low: float | None
    high: float | None
    inner_low: float | None
    inner_high: float | None
    p: float | None
    p_equivalence: float | None
    equivalent: bool
    margin: float
    confidence: float
    n_seeds: int
    n_images: int
    per_seed: tuple[McNemarResult, ...]


def accuracy_verdict(
    name_a: str,
    name_b: str,
    correct_a: NDArray[Any],
    correct_b: NDArray[Any],
    *,
    margin: float = 0.002,
    confidence: float = 0.95,
) -> AccuracyVerdict:
    """Say whether `name_a` is more accurate than `name_b`, over seeds and images.

    The first that applies: ``not enough data`` (fewer than 3 seeds); ``equivalent``
    (two one-sided tests within ±margin at level 1 - `confidence`); ``more accurate`` or
    ``less accurate`` (the interval excludes 0); ``no detectable difference``, which is
    not a claim that they are equal.

    Parameters
    ----------
    correct_a, correct_b
        Shape (n_seeds, n_images), bool: row s from seed s, column i on image i.
    margin
        The difference too small to matter, a fraction, declared before the run.

    Raises
    ------
    ValueError
        Arrays that are not boolean or differ in shape, bad margin or confidence.

    Notes
    -----
    The interval is for other seeds and other images of the same kind. All seeds are
    tested on the same images, so neither the seeds' McNemar tests nor their p values
    are independent, and d[s, i] = a - b has two crossed random factors. Radiology has
    the same problem, readers who judge the same cases, and its method is used: with
    the mean squares of seeds, images and remainder,

        variance of the mean = (MS_seed + max(MS_image - MS_rest, 0)) / (S N),

    and Student's t with Hillis's degrees of freedom (Dorfman, Berbaum and Metz 1992;
    Hillis 2007, Statistics in Medicine 26, 596-619). One addition: MS_seed is not
    taken below MS_rest, which it estimates plus something positive; with three seeds
    it is often smaller by luck. Without image effects and with MS_seed above MS_rest
    this is the paired t test over seeds.

    Chosen by simulation (10,000 images, about 200 on which the two differ; with and
    without seed effects, with and without image effects; 3 to 30 seeds). Coverage of
    95 % intervals: this method 94-100 %, without the floor 91-96 %, paired t over
    seeds down to 58 %, two-way bootstrap 87-100 %, and verdicts from the seeds'
    McNemar tests combined by Stouffer down to 49 % and by Fisher down to 0 %. At a true
    difference equal to the margin it calls 0 to 5.4 % equivalent, paired t up to 15 %.
    With few images this last figure rises: up to 9 % for 2,000 images when a dozen of
    them carry the whole difference.
    """
    if not margin > 0:
        raise ValueError(f"margin must be > 0, got {margin}")
    if not 0.5 < confidence < 1:
        raise ValueError(f"confidence must be between 0.5 and 1, got {confidence}")
    a, b = answers(correct_a, "correct_a", 2), answers(correct_b, "correct_b", 2)
    check_same_shape(a, b)
    per_seed = tuple(mcnemar_exact(*rows) for rows in zip(a, b, strict=True))
    n_seeds, n_images = a.shape
    difference = float(a.mean() - b.mean())
    test = _two_way_test(a.astype(np.float64) - b, margin, confidence)
    verdict = _verdict(n_seeds, test, 1 - confidence)
    return AccuracyVerdict(
        verdict=verdict,
        name_a=name_a,
        name_b=name_b,
        difference=difference,
        low=test.low,
        high=test.high,
        inner_low=test.inner_low,
        inner_high=test.inner_high,
        p=test.p,
        p_equivalence=test.p_equivalence,
        equivalent=verdict == "equivalent",
        margin=margin,
        confidence=confidence,
        n_seeds=n_seeds,
        n_images=n_images,
        per_seed=per_seed,
    )


@dataclass(frozen=True)
class MeanInterval:
    """A mean over seeds and images, a fraction; no interval with a single seed."""

    mean: float
    low: float | None
    high: float | None
    n_seeds: int

    @property
    def contains_zero(self) -> bool | None:
        """Whether it may be chance; None where there is no interval."""
        if self.low is None or self.high is None:
            return None
        return self.low <= 0 <= self.high


def mean_interval(
    differences: NDArray[Any], *, confidence: float = 0.95
) -> MeanInterval:
    """Return the mean of a table of differences and its interval.

    Any contrast of right and wrong answers may be given, such as what switching a
    setting on does minus what switching it off undoes. The interval is that of
    `accuracy_verdict` (see its notes).

    Parameters
    ----------
    differences
        Shape (n_seeds, n_images): row s from seed s, column i on image i.

    Raises
    ------
    ValueError
        Another number of dimensions, no seed or no image, bad confidence.
    """
    if differences.ndim != 2 or 0 in differences.shape:
        raise ValueError(
            f"differences must be (n_seeds, n_images), got {differences.shape}"
        )
    if not 0.5 < confidence < 1:
        raise ValueError(f"confidence must be between 0.5 and 1, got {confidence}")
    table = differences.astype(np.float64)
    test = _two_way_test(table, 1.0, confidence)
    return MeanInterval(float(table.mean()), test.low, test.high, len(table))


class _Test(NamedTuple):
    low: float | None = None
    high: float | None = None
    inner_low: float | None = None
    inner_high: float | None = None
    p: float | None = None
    p_equivalence: float | None = None


def _two_way_test(
    differences: NDArray[np.float64], margin: float, confidence: float
) -> _Test:
    """Intervals and p values of the mean difference; all None with one seed."""
    if differences.shape[0] < 2:
        return _Test()
    from scipy import special  # `scipy.stats` takes four times as long to import

    mean = float(differences.mean())
    variance, dof = _variance_of_mean(differences)
    error = float(np.sqrt(variance))
    if error == 0.0:  # every seed and every image alike: nothing varies
        same, outside = float(mean == 0.0), float(abs(mean) >= margin)
        return _Test(mean, mean, mean, mean, same, outside)
    # Student's t: `stdtrit` is its quantile, `stdtr` its distribution function.
    outer = float(special.stdtrit(dof, (1 + confidence) / 2)) * error
    inner = float(special.stdtrit(dof, confidence)) * error
    p = 2 * float(special.stdtr(dof, -abs(mean) / error))
    p_equivalence = float(special.stdtr(dof, (abs(mean) - margin) / error))
    return _Test(
        low=mean - outer,
        high=mean + outer,
        inner_low=mean - inner,
        inner_high=mean + inner,
        p=min(p, 1.0),
        p_equivalence=p_equivalence,
    )


def _variance_of_mean(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Variance of the mean of a (seeds, images) table, and its degrees of freedom."""
    n_seeds, n_images = differences.shape
    mean = differences.mean()
    by_seed = differences.mean(axis=1) - mean
    by_image = differences.mean(axis=0) - mean
    rest = differences - mean - by_seed[:, None] - by_image[None, :]
    ms_seed = n_images * np.sum(by_seed**2) / (n_seeds - 1)
    ms_image = n_seeds * np.sum(by_image**2) / (n_images - 1)
    ms_rest = np.sum(rest**2) / ((n_seeds - 1) * (n_images - 1))
    seed_part = max(float(ms_seed), float(ms_rest))
    total = seed_part + max(float(ms_image - ms_rest), 0.0)
    variance = total / (n_seeds * n_images)
    # Seeds that agree on every image leave the images as the only source of variance.
    if seed_part <= 1e-12 * total:
        return variance, n_images - 1
    return variance, min((n_seeds - 1) * (total / seed_part) ** 2, n_images - 1)


def _verdict(n_seeds: int, test: _Test, alpha: float) -> AccuracyWord:
    low, high = test.low, test.high
    if n_seeds < MIN_SEEDS or low is None or high is None:
        return "not enough data"
    if test.p_equivalence is not None and test.p_equivalence < alpha:
        return "equivalent"
    if low > 0:
        return "more accurate"
    if high < 0:
        return "less accurate"
    return "no detectable difference"
