"""Augmentation beside SciPy, and the deformations as what they claim to be.

`resample` is compared with `scipy.ndimage.map_coordinates`; where the images look
(`draw_places`) is taken apart by least squares into a matrix, a shift and a rest.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats

import data
from data.augment import STREAM, Augmentation, augment, draw_places, resample
from tests.parity import TOLERANCES, Array, assert_parity

MILD = Augmentation(
    rotation_degrees=10,
    scale=0.1,
    shear=0.1,
    shift_pixels=1,
    elastic_pixels=1,
    smoothness_pixels=5,
)


def grid(side: int) -> Array:
    """Return (2, side²): y and x of every pixel."""
    return np.indices((side, side)).reshape(2, -1).astype(np.float64)


def places(settings: Augmentation, n: int, *, side: int = 28, seed: int = 0) -> Array:
    """Return (n, 2, side²) in float64."""
    rng = np.random.default_rng(seed)
    y, x = draw_places(settings, side, n, rng, np.dtype("float64"))
    return np.stack([y, x], axis=1)


def affine_parts(found: Array, side: int = 28) -> tuple[Array, Array, Array]:
    """Return M (n, 2, 2) on (x, y), t (n, 2) and the rest of q = c + M (p − c) + t."""
    centre = (side - 1) / 2
    y, x = grid(side) - centre
    design = np.stack([x, y, np.ones_like(x)], axis=1)
    q = found[:, ::-1] - centre  # (x, y), like the equation
    solution = np.linalg.lstsq(design, q.reshape(-1, side * side).T, rcond=None)[0]
    rest = q.reshape(-1, side * side).T - design @ solution
    parts = solution.T.reshape(len(found), 2, 3)
    return parts[:, :, :2], parts[:, :, 2], rest


@given(
    side=st.sampled_from([1, 2, 5, 28]),
    n=st.integers(1, 5),
    reach=st.floats(0, 3),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 1000),
)
def test_resampling_is_that_of_scipy(
    side: int, n: int, reach: float, dtype: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    # Up to `reach` images away from the image, so that all borders are crossed.
    where = rng.uniform(-reach * side - 1, (1 + reach) * side, (2, n, side * side))
    where = np.where(rng.random(where.shape) < 0.2, np.rint(where), where).astype(dtype)
    X = rng.random((n, side * side)).astype(dtype)
    expected = np.stack(
        [
            ndimage.map_coordinates(
                image.reshape(side, side).astype("float64"),
                [y.astype("float64"), x.astype("float64")],
                order=1,
                mode="grid-constant",
                cval=0,
            )
            for image, y, x in zip(X, *where, strict=True)
        ]
    ).astype(dtype)
    out = np.full_like(X, np.nan)
    resample(X, *where.copy(), out=out)
    if expected.any():
        # A coordinate near 28 has a fraction with 2⁻¹⁹ of rounding in float32.
        tolerance = {"float32": 2e-5, "float64": 1e-13}[dtype]
        assert_parity(out, expected, name="images", tolerance=tolerance)
    else:
        assert not out.any()


def test_mnist_through_the_whole_way_is_that_of_scipy(mnist: data.Dataset) -> None:
    X = mnist.X_train[:100]
    y, x = draw_places(
        MILD, 28, 64, np.random.default_rng([3, 7, STREAM]), np.dtype("float64")
    )
    expected = [
        ndimage.map_coordinates(
            image.reshape(28, 28), place, order=1, mode="grid-constant"
        )
        for image, place in zip(X, zip(y, x, strict=True), strict=False)
    ]
    X_new = augment(X, MILD, seed=3, epoch=7)
    assert_parity(X_new[:64], np.stack(expected), name="images", tolerance=1e-13)


def test_half_a_pixel_is_half_of_each_neighbour() -> None:
    X = np.zeros((1, 9))
    X[0, 4] = 1
    y, x = grid(3)[:, None]
    out = np.empty_like(X)
    resample(X, y.copy(), x + 0.5, out=out)
    assert out.reshape(3, 3).tolist() == [[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]]


def test_no_strength_changes_no_bit(mnist: data.Dataset) -> None:
    for dtype in ("float32", "float64"):
        X = mnist.X_train[:200].astype(dtype)
        assert (augment(X, Augmentation(), seed=0, epoch=0) == X).all()
        faded = replace(MILD, fade_epochs=5).at(99, 100)
        assert (augment(X, faded, seed=0, epoch=0) == X).all()


def test_rotation_is_a_rotation_by_a_uniform_angle() -> None:
    M, t, rest = affine_parts(places(Augmentation(rotation_degrees=20), 1000))
    np.testing.assert_allclose(M @ M.transpose(0, 2, 1), [np.eye(2)] * 1000, atol=1e-12)
    assert np.linalg.det(M) == pytest.approx(1)
    assert max(abs(t).max(), abs(rest).max()) < 1e-12
    angles = np.degrees(np.arctan2(M[:, 1, 0], M[:, 0, 0]))
    assert stats.kstest(angles, stats.uniform(-20, 40).cdf).pvalue > 0.01


def test_scale_is_drawn_for_each_axis_alone() -> None:
    M, _, rest = affine_parts(places(Augmentation(scale=0.2), 1000))
    assert max(abs(M[:, 0, 1]).max(), abs(M[:, 1, 0]).max(), abs(rest).max()) < 1e-12
    for scale in (M[:, 0, 0], M[:, 1, 1]):
        assert stats.kstest(scale, stats.uniform(0.8, 0.4).cdf).pvalue > 0.01
    assert abs(np.corrcoef(M[:, 0, 0], M[:, 1, 1])[0, 1]) < 0.1


def test_shear_moves_columns_by_the_row() -> None:
    M, _, _ = affine_parts(places(Augmentation(shear=0.3), 1000))
    slope = M[:, 0, 1].copy()
    M[:, 0, 1] = 0
    np.testing.assert_allclose(M, [np.eye(2)] * 1000, atol=1e-12)
    assert stats.kstest(slope, stats.uniform(-0.3, 0.6).cdf).pvalue > 0.01


def test_shift_moves_all_pixels_alike() -> None:
    M, t, _ = affine_parts(places(Augmentation(shift_pixels=2), 1000))
    np.testing.assert_allclose(M, [np.eye(2)] * 1000, atol=1e-12)
    for along in t.T:
        assert stats.kstest(along, stats.uniform(-2, 4).cdf).pvalue > 0.01


def test_parts_are_put_together_in_the_order_of_the_equation() -> None:
    """R S: first sheared and scaled, then turned."""
    everything = Augmentation(rotation_degrees=30, scale=0.3, shear=0.4)
    M, _, _ = affine_parts(places(everything, 500))
    # QR takes M apart in the only way: a rotation, and an upper triangle.
    Q, S = np.linalg.qr(M)
    signs = np.sign(np.diagonal(S, axis1=1, axis2=2))
    Q, S = Q * signs[:, None, :], S * signs[:, :, None]
    assert abs(np.degrees(np.arctan2(Q[:, 1, 0], Q[:, 0, 0]))).max() < 30
    scale_x, scale_y = S[:, 0, 0], S[:, 1, 1]
    assert min(scale_x.min(), scale_y.min()) > 0.7
    assert max(scale_x.max(), scale_y.max()) < 1.3
    slope = S[:, 0, 1] / scale_y
    assert 0.35 < slope.max() < 0.4
    assert -0.4 < slope.min() < -0.35


@pytest.mark.parametrize("smoothness", [2.0, 4.0, 7.5])
def test_elastic_displacement_has_its_strength_everywhere(smoothness: float) -> None:
    settings = Augmentation(elastic_pixels=1.5, smoothness_pixels=smoothness)
    moved = places(settings, 4000) - grid(28)
    deviation = moved.std(axis=0)
    # The standard error of a standard deviation of 4000 is 1.1 %.
    np.testing.assert_allclose(deviation, 1.5, rtol=0.06)
    assert abs(moved.mean(axis=0)).max() < 0.12


def test_elastic_displacement_is_smooth() -> None:
    settings = Augmentation(elastic_pixels=1, smoothness_pixels=4)
    moved = (places(settings, 4000) - grid(28)).reshape(4000, 2, 28, 28)
    middle = moved[:, 0, 14, 14]

    def correlation(other: Array) -> float:
        return float(np.corrcoef(middle, other)[0, 1])

    # White noise blurred by σ has exp(−d²/4σ²) at distance d.
    for distance in (1, 4, 8):
        expected = np.exp(-(distance**2) / (4 * 4**2))
        found = correlation(moved[:, 0, 14, 14 - distance])
        assert found == pytest.approx(expected, abs=0.06)
    assert abs(correlation(moved[:, 1, 14, 14])) < 0.05


def test_strength_fades_in_a_straight_line_at_the_end() -> None:
    settings = replace(MILD, fade_epochs=4, fade_to=0.2)
    rotation = [settings.at(epoch, 10).rotation_degrees for epoch in range(12)]
    assert rotation == pytest.approx([10] * 6 + [8, 6, 4, 2, 2, 2])
    last = settings.at(9, 10)
    assert last.elastic_pixels == pytest.approx(0.2)
    assert last.smoothness_pixels == MILD.smoothness_pixels
    # The whole of a shorter training fades.
    assert settings.at(0, 2).rotation_degrees == pytest.approx(4)
    assert MILD.at(9, 10) == MILD


def test_the_same_seed_and_epoch_give_the_same_images(mnist: data.Dataset) -> None:
    X = mnist.X_train[:300].astype("float32")
    once = augment(X, MILD, seed=1, epoch=2)
    assert (augment(X, MILD, seed=1, epoch=2) == once).all()
    for seed, epoch in ((1, 3), (2, 2), (2, 1)):
        assert (augment(X, MILD, seed=seed, epoch=epoch) != once).any(axis=1).all()
    in_double = augment(mnist.X_train[:300], MILD, seed=1, epoch=2)
    assert_parity(once, in_double.astype("float32"), name="float32", tolerance=4 * 5e-6)


def test_every_image_is_deformed_in_its_own_way() -> None:
    one = np.random.default_rng(0).random((1, 784))
    images = augment(np.repeat(one, 200, axis=0), MILD, seed=0, epoch=0)
    assert len(np.unique(images, axis=0)) == 200


def test_out_is_filled_and_comes_back_as_another_object(mnist: data.Dataset) -> None:
    X = mnist.X_train[:100]
    out = np.full_like(X, np.nan)
    first = augment(X, MILD, seed=0, epoch=0, out=out)
    second = augment(X, MILD, seed=0, epoch=0, out=out)
    assert np.shares_memory(first, out)
    assert first is not second
    assert first is not out
    assert (out == augment(X, MILD, seed=0, epoch=0)).all()


def test_values_stay_between_those_of_the_image() -> None:
    X = np.random.default_rng(0).random((500, 784)).astype("float32")
    images = augment(X, MILD, seed=0, epoch=0)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= X.max() * (1 + TOLERANCES["float32"])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("rotation_degrees", -1, "rotation_degrees must be a number >= 0, got -1"),
        ("shear", float("nan"), "shear must be a number >= 0, got nan"),
        ("elastic_pixels", "1", "elastic_pixels must be a number >= 0, got '1'"),
        ("shift_pixels", True, "shift_pixels must be a number >= 0, got True"),
        ("scale", 1.0, r"scale must be below 1, got 1\.0"),
        ("fade_to", 1.5, r"fade_to must be at most 1, got 1\.5"),
        ("smoothness_pixels", 0.5, r"smoothness_pixels must be >= 1, got 0\.5"),
    ],
)
def test_bad_strengths_are_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(data.DataError, match=message):
        Augmentation(**{field: value})  # type: ignore[arg-type]  # that is the test


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(data.DataError, match=r"square images .* got shape \(2, 10\)"):
        augment(np.zeros((2, 10)), MILD, seed=0, epoch=0)
    with pytest.raises(data.DataError, match="float32 or float64, got uint8"):
        augment(np.zeros((2, 9), np.uint8), MILD, seed=0, epoch=0)
    with pytest.raises(data.DataError, match="out must be C-contiguous, float64"):
        augment(
            np.zeros((2, 9)), MILD, seed=0, epoch=0, out=np.zeros((2, 9), np.float32)
        )


@pytest.mark.slow  # a time: only meaningful on a machine that does nothing else
def test_fifty_thousand_images_a_second(mnist: data.Dataset) -> None:
    X = mnist.X_train.astype("float32")
    out = np.empty_like(X)
    times = []
    for epoch in range(5):
        start = time.perf_counter()
        augment(X, MILD, seed=0, epoch=epoch, out=out)
        times.append(time.perf_counter() - start)
    assert len(X) / min(times) > 50_000
