"""Accuracy: against SciPy and statsmodels, and by simulation over seeds and images."""

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.weightstats import ttost_paired

from compare.show import sentences
from compare.statistics import (
    AccuracyVerdict,
    accuracy_verdict,
    mcnemar_exact,
    mean_sd,
)
from compare.statistics.accuracy import _variance_of_mean

Answers = NDArray[np.bool_]
N_IMAGES = 2000


def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


def train(
    g: np.random.Generator,
    n_seeds: int,
    *,
    seed_sd: float = 0.0,
    image_sd: float = 0.0,
    shift: float = 0.0,
) -> tuple[Answers, Answers]:
    """Simulate answers of two programs, on new images each time.

    6 % of the images are hard. A hard one is answered rightly with a probability that
    depends on the image, on the seed (`seed_sd`, drawn for each program) and on how the
    program takes this image (`image_sd`). On a part `shift` of all images, the second
    program is wrong for certain; the first never.
    """
    hard = g.random(N_IMAGES) < 0.06
    ease = g.normal(0.8, 1.6, N_IMAGES)
    lucky = g.random(N_IMAGES) < shift
    both = []
    for _ in range(2):
        of_seed = g.normal(0, seed_sd, (n_seeds, 1))
        of_image = g.normal(0, image_sd, N_IMAGES)
        right = g.random((n_seeds, N_IMAGES)) < special.expit(ease + of_seed + of_image)
        both.append(right | ~hard)
    return both[0] | lucky, both[1] & ~lucky


# --- single networks ------------------------------------------------------------------


def test_mean_and_sample_sd() -> None:
    # R: sd(c(0.975, 0.98, 0.982)) is 0.003605551.
    result = mean_sd([0.975, 0.98, 0.982])
    assert result.mean == pytest.approx(0.979)
    assert result.sd == pytest.approx(0.003605551, rel=1e-6)
    assert mean_sd([0.98]).sd is None
    with pytest.raises(ValueError, match="at least one number"):
        mean_sd([])


def test_mcnemar_has_the_textbook_value() -> None:
    # 1 against 9 discordant: p = 2 (1 + 10) / 2^10 = 0.021484375, by hand.
    a = np.array([True] * 9 + [False] * 1 + [True] * 40 + [False] * 5)
    b = np.array([False] * 9 + [True] * 1 + [True] * 40 + [False] * 5)
    result = mcnemar_exact(a, b)
    assert (result.n10, result.n01) == (9, 1)
    assert result.p == pytest.approx(0.021484375, rel=1e-12)
    assert mcnemar_exact(a, a).p == 1.0


@given(n10=st.integers(0, 60), n01=st.integers(0, 60), n11=st.integers(0, 50))
def test_mcnemar_equals_statsmodels(n10: int, n01: int, n11: int) -> None:
    a = np.repeat([True, False, True, False], [n10, n01, n11, 1])
    b = np.repeat([False, True, True, False], [n10, n01, n11, 1])
    expected = mcnemar([[n11, n10], [n01, 1]], exact=True).pvalue
    if n10 + n01:  # statsmodels divides by it
        assert mcnemar_exact(a, b).p == pytest.approx(min(expected, 1.0), rel=1e-9)
    assert mcnemar_exact(a, b).p == mcnemar_exact(b, a).p


def test_answers_must_be_boolean_and_match() -> None:
    with pytest.raises(ValueError, match="correct_a must be boolean"):
        mcnemar_exact(np.array([1, 0]), [True, False])
    with pytest.raises(
        ValueError, match=r"same images .* got shapes \(1,\) and \(2,\)"
    ):
        mcnemar_exact([True], [True, False])
    with pytest.raises(ValueError, match="correct_b must have 2 dimensions"):
        accuracy_verdict("a", "b", np.ones((3, 4), bool), np.ones(4, bool))


# --- the variance over seeds and images -----------------------------------------------


def mean_squares(table: NDArray[np.float64]) -> tuple[float, float, float]:
    """Of seeds, images and remainder, by statsmodels' analysis of variance."""
    seeds, images = np.indices(table.shape)
    frame = pd.DataFrame(
        {"d": table.ravel(), "seed": seeds.ravel(), "image": images.ravel()}
    )
    rows = anova_lm(ols("d ~ C(seed) + C(image)", frame).fit())["mean_sq"]
    return float(rows["C(seed)"]), float(rows["C(image)"]), float(rows["Residual"])


@pytest.mark.parametrize(
    ("seed_sd", "image_sd"), [(0.0, 1.0), (0.5, 0.0), (1.0, 1.0), (0.0, 0.0)]
)
def test_the_variance_is_built_from_statsmodels_mean_squares(
    seed_sd: float, image_sd: float
) -> None:
    g = rng()
    table = (
        g.normal(0, 1, (4, 15))
        + g.normal(0, seed_sd, (4, 1))
        + g.normal(0, image_sd, (1, 15))
    )
    ms_seed, ms_image, ms_rest = mean_squares(table)
    variance, dof = _variance_of_mean(table)
    seed_part = max(ms_seed, ms_rest)
    total = seed_part + max(ms_image - ms_rest, 0)
    assert variance == pytest.approx(total / 60, rel=1e-9)
    assert dof == pytest.approx(min(3 * (total / seed_part) ** 2, 14), rel=1e-9)


def seeds_that_differ(g: np.random.Generator) -> tuple[Answers, Answers]:
    """No image is favoured and seeds differ much: the case of the paired t test."""
    while True:
        a, b = train(g, 4, seed_sd=1.0)
        d = a.astype(float) - b
        by_image, by_seed = d.mean(axis=0), d.mean(axis=1)
        rest = d - by_image - by_seed[:, None] + d.mean()
        ms_rest = (rest**2).sum() / (3 * (N_IMAGES - 1))
        no_image_effect = 4 * by_image.var(ddof=1) <= ms_rest
        if no_image_effect and N_IMAGES * by_seed.var(ddof=1) >= ms_rest:
            return a, b


def test_without_image_effects_it_is_scipys_paired_t_test() -> None:
    a, b = seeds_that_differ(rng())
    result = accuracy_verdict("a", "b", a, b, margin=0.01)
    expected = stats.ttest_rel(a.mean(axis=1), b.mean(axis=1))
    interval = expected.confidence_interval(0.95)
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert result.low == pytest.approx(interval.low, rel=1e-9)
    assert result.high == pytest.approx(interval.high, rel=1e-9)
    tost = ttost_paired(a.mean(axis=1), b.mean(axis=1), -0.01, 0.01)[0]
    assert result.p_equivalence == pytest.approx(tost, rel=1e-9)


def test_seeds_that_agree_leave_the_images_as_the_sample() -> None:
    # Both programs give the same answers for each seed: McNemar's situation, and with
    # many images its z test and the t interval over images agree.
    g = rng()
    a, b = train(g, 1, image_sd=1.0)
    result = accuracy_verdict("a", "b", a.repeat(3, axis=0), b.repeat(3, axis=0))
    over_images = stats.ttest_1samp(a[0].astype(float) - b[0], 0)
    assert result.p == pytest.approx(over_images.pvalue, rel=1e-6)


# --- verdicts -------------------------------------------------------------------------


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_one_or_two_seeds_are_not_enough_data(n_seeds: int) -> None:
    a, b = train(rng(), n_seeds, shift=0.2)
    result = accuracy_verdict("a", "b", a, b)
    assert result.verdict == "not enough data"
    assert not result.equivalent
    assert "3 seeds needed" in sentences.accuracy(result)
    assert (result.low is None) == (n_seeds == 1)


def test_identical_answers_are_equivalent() -> None:
    a, _ = train(rng(), 3)
    result = accuracy_verdict("numpy", "torch", a, a.copy())
    assert (result.verdict, result.difference, result.p) == ("equivalent", 0.0, 1.0)
    assert sentences.accuracy(result) == (
        "numpy and torch are right on exactly the same images (3 seeds × 2,000 images)"
    )


@given(st.integers(0, 10_000), st.floats(0.001, 0.02))
def test_the_interval_shown_for_equals_lies_within_the_margin(
    seed: int, margin: float
) -> None:
    a, b = train(np.random.default_rng(seed), 4)
    result = accuracy_verdict("a", "b", a, b, margin=margin)
    assert result.inner_low is not None
    assert result.inner_high is not None
    within = -margin < result.inner_low <= result.inner_high < margin
    assert result.equivalent == within
    if result.equivalent:
        shown = round(100 * result.inner_low, 2) + 0.0  # no "-0.00"
        assert f"90 % interval {shown:+.2f} to" in sentences.accuracy(result)


def test_a_large_difference_is_found_and_named() -> None:
    a, b = train(rng(), 5, shift=0.03)
    better = accuracy_verdict("numpy", "torch", a, b)
    worse = accuracy_verdict("torch", "numpy", b, a)
    assert (better.verdict, worse.verdict) == ("more accurate", "less accurate")
    assert better.difference == pytest.approx(0.03, abs=0.01)
    assert "points more accurate than torch (95 % interval " in sentences.accuracy(
        better
    )
    assert "points less accurate than numpy (95 % interval " in sentences.accuracy(
        worse
    )
    assert "-" not in sentences.accuracy(worse)


def test_a_blurred_comparison_claims_nothing() -> None:
    a, b = train(rng(), 3, seed_sd=0.3)
    result = accuracy_verdict("a", "b", a, b)
    assert result.verdict == "no detectable difference"
    assert not result.equivalent


def test_the_verdict_carries_mcnemar_per_seed_and_is_plain_json() -> None:
    for n_seeds in (1, 2, 4):
        a, b = train(rng(), n_seeds, seed_sd=0.2)
        result = accuracy_verdict("a", "b", a, b)
        assert result.per_seed == tuple(
            mcnemar_exact(*p) for p in zip(a, b, strict=True)
        )
        fields = dataclasses.asdict(result)
        loaded = json.loads(json.dumps(fields, allow_nan=False))
        assert loaded["per_seed"] == list(fields["per_seed"])


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"margin": -1.0}, "margin must be > 0"),
        ({"confidence": 1.0}, "confidence must"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, float], rule: str) -> None:
    a, b = train(rng(), 3)
    with pytest.raises(ValueError, match=rule):
        accuracy_verdict("a", "b", a, b, **arguments)


@given(data=st.data(), seed=st.integers(0, 1000))
def test_the_order_of_seeds_and_images_does_not_matter(
    data: st.DataObject, seed: int
) -> None:
    g = np.random.default_rng(seed)
    a, b = g.random((2, 4, 30)) < 0.8
    rows = data.draw(st.permutations(range(4)))
    columns = g.permutation(30)
    first = accuracy_verdict("a", "b", a, b, margin=0.1)
    second = accuracy_verdict(
        "a", "b", a[rows][:, columns], b[rows][:, columns], margin=0.1
    )
    for field in ("difference", "low", "high", "p", "p_equivalence"):
        assert getattr(second, field) == pytest.approx(getattr(first, field), abs=1e-12)


@given(seed=st.integers(0, 1000), margin=st.floats(0.01, 0.3))
def test_swapping_the_two_mirrors_the_verdict(seed: int, margin: float) -> None:
    g = np.random.default_rng(seed)
    a, b = g.random((2, 3, 40)) < np.array([0.9, 0.7])[:, None, None]
    ab = accuracy_verdict("a", "b", a, b, margin=margin)
    ba = accuracy_verdict("b", "a", b, a, margin=margin)
    assert ab.low is not None
    assert ba.high is not None
    assert ab.low == pytest.approx(-ba.high)
    assert ab.p == pytest.approx(ba.p)
    assert ab.equivalent == ba.equivalent
    assert ab.equivalent == (ab.p_equivalence is not None and ab.p_equivalence < 0.05)


# --- by simulation --------------------------------------------------------------------


def repeat(
    runs: int, n_seeds: int, margin: float, **world: Any
) -> list[AccuracyVerdict]:
    g = rng()
    return [
        accuracy_verdict("a", "b", *train(g, n_seeds, **world), margin=margin)
        for _ in range(runs)
    ]


WORLDS = [
    pytest.param({}, id="no-effects"),
    pytest.param({"seed_sd": 0.25}, id="seeds-differ"),
    pytest.param({"image_sd": 1.0}, id="images-differ"),
    pytest.param({"seed_sd": 0.25, "image_sd": 1.0}, id="both-differ"),
]


def check_world(runs: int, n_seeds: int, world: dict[str, float]) -> None:
    results = repeat(runs, n_seeds, 0.0045, **world)
    covered = [
        r.low <= 0 <= r.high
        for r in results
        if r.low is not None and r.high is not None
    ]
    assert len(covered) == runs
    for r, contains_0 in zip(results, covered, strict=True):
        assert (r.verdict == "no detectable difference") == (
            contains_0 and not r.equivalent
        )
    # The truth is 0. 95 % wanted, less 1 point and 3 standard errors.
    tolerance = 0.01 + 3 * (0.95 * 0.05 / runs) ** 0.5
    assert np.mean(covered) >= 0.95 - tolerance
    ranked = [r.verdict in ("more accurate", "less accurate") for r in results]
    assert np.mean(ranked) <= 0.05 + tolerance


@pytest.mark.parametrize("world", WORLDS[::3])
def test_equal_programs_are_rarely_ranked_and_the_interval_covers(
    world: dict[str, float],
) -> None:
    check_world(150, 3, world)


@pytest.mark.slow
@pytest.mark.parametrize("n_seeds", [3, 5, 10, 30])
@pytest.mark.parametrize("world", WORLDS)
def test_equal_programs_at_length(world: dict[str, float], n_seeds: int) -> None:
    check_world(1000, n_seeds, world)


@pytest.mark.parametrize(
    ("n_seeds", "world"),
    [
        (3, {"seed_sd": 0.25, "image_sd": 1.0}),
        *(
            pytest.param(n, *world.values, id=f"{n}-{world.id}", marks=pytest.mark.slow)
            for n in (3, 10)
            for world in WORLDS
        ),
    ],
)
def test_a_difference_at_the_margin_is_rarely_called_equivalent(
    n_seeds: int, world: dict[str, float]
) -> None:
    # The second errs on 0.6 % of all images, where the first does not. An image that
    # would be wrong anyway shifts too: the true difference is 0.6 %, the margin.
    results = repeat(200, n_seeds, 0.006, shift=0.006, **world)
    assert np.mean([r.equivalent for r in results]) <= 0.05 + 0.04


def test_equal_programs_are_called_equivalent_when_there_is_enough_data() -> None:
    results = repeat(60, 10, 0.01)
    assert np.mean([r.equivalent for r in results]) >= 0.9


def test_a_real_difference_is_found() -> None:
    results = repeat(60, 5, 0.002, shift=0.02)
    assert np.mean([r.verdict == "more accurate" for r in results]) >= 0.9


def test_combined_p_values_of_the_seeds_would_be_dishonest() -> None:
    # Why the verdict does not combine the seeds' McNemar tests: with seeds that differ
    # between the programs, Fisher's combination rejects far too often.
    results = repeat(80, 5, 0.002, seed_sd=0.5)
    fisher = [
        stats.combine_pvalues([s.p for s in r.per_seed]).pvalue < 0.05 for r in results
    ]
    ours = [r.p is not None and r.p < 0.05 for r in results]
    assert np.mean(fisher) > 0.3
    assert np.mean(ours) < 0.10
