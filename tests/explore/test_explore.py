"""What `explore` says about a data set, against counts made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

import data
from compare import cli
from compare.explore import command as explore
from compare.explore import counts as exploration
from data import Dataset


def a_dataset(**changed: object) -> Dataset:
    """Six training, two validation and three test images of 2 x 2 grey levels."""
    levels = np.array(
        [[0, 0, 0, 255], [0, 51, 0, 255], [0, 0, 255, 0]] * 2, dtype=np.float32
    )
    fields = {
        "X_train": levels / 255,
        "y_train": np.array([0, 0, 1, 0, 0, 1]),
        "X_val": np.array([[0, 9, 9, 9], [0, 8, 8, 8]], dtype=np.float32) / 255,
        "y_val": np.array([0, 1]),
        "X_test": np.array(
            [[0, 0, 0, 250], [0, 0, 255, 0], [0, 8, 8, 8]], dtype=np.float32
        )
        / 255,
        "y_test": np.array([0, 1, 1]),
        "source": "by hand",
        "sha256": "0" * 64,
        "class_names": ["nought", "one"],
    } | changed
    indices = {
        f"{part}_indices": np.arange(len(fields[f"y_{part}"]))  # type: ignore[arg-type]  # an array
        for part in exploration.PARTS
    }
    return Dataset(**fields, **indices)  # type: ignore[arg-type]  # the fields above


def test_the_numbers_are_those_counted_by_hand() -> None:
    found = exploration.explore(a_dataset())
    assert found.counts.tolist() == [[4, 2], [1, 1], [1, 2]]
    by_hand = np.array([[0, 0.1, 0, 1], [0, 0, 1, 0]])
    np.testing.assert_allclose(found.means, by_hand, rtol=0, atol=1e-7)
    assert (found.found.smallest, found.found.largest) == (0, 255)
    assert found.found.mean == pytest.approx((6 * 255 + 2 * 51) / 24)
    assert found.scaled.mean == pytest.approx((6 + 2 * 0.2) / 24)
    assert found.scaled.sd == pytest.approx(found.found.sd / 255)
    assert found.zero_fraction == 16 / 24
    assert found.full_fraction == 6 / 24
    assert found.n_constant_pixels == 1
    # The second test image is the third training image, the third a validation image.
    assert found.n_repeated == 2
    # Always 0 is right once; of the means, the second image's is nearest to one.
    assert found.commonest_accuracy == pytest.approx(1 / 3)
    assert found.nearest_mean_accuracy >= 2 / 3


def test_the_nearest_mean_is_that_of_scikit_learn() -> None:
    dataset = data.load(train_samples=3000)
    means = exploration.mean_images(dataset.X_train, dataset.y_train, 10)
    with pytest.warns(UserWarning, match="zero standard deviation"):  # the margins
        reference = NearestCentroid().fit(dataset.X_train, dataset.y_train)
    np.testing.assert_allclose(means, reference.centroids_, atol=1e-5)
    np.testing.assert_array_equal(
        exploration.nearest_mean(dataset.X_test, means),
        reference.predict(dataset.X_test),
    )


def test_a_class_without_images_has_no_mean_and_is_never_nearest() -> None:
    X = np.array([[0.0, 1.0], [1.0, 0.0]])
    means = exploration.mean_images(X, np.array([0, 2]), 3)
    assert np.isnan(means[1]).all()
    assert exploration.nearest_mean(X, means).tolist() == [0, 2]


def test_samples_are_of_their_class_without_repetition() -> None:
    y = np.random.default_rng(0).integers(0, 3, 100)
    y[y == 2] = 1
    y[7] = 2
    chosen = exploration.samples(y, 3, per_class=5, rng=np.random.default_rng(1))
    assert [len(rows) for rows in chosen] == [5, 5, 1]
    for label, rows in enumerate(chosen):
        assert (y[rows] == label).all()
        assert len(set(rows)) == len(rows)


def test_mnist_has_the_published_mean_and_deviation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explore", "--out", str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    scaled = next(line for line in out.splitlines() if line.startswith("scaled"))
    # 0.1307 and 0.3081 over the 60,000; ours are over 54,000 of them.
    numbers = [float(word) for word in scaled.split()[-4:]]
    assert numbers == pytest.approx([0, 1, 0.1307, 0.3081], abs=4e-4)
    assert "70,000 images" in out
    totals = next(line for line in out.splitlines() if line.startswith("all"))
    assert totals.split()[1:4] == ["54,000", "6,000", "10,000"]
    for name in ("classes", "samples", "means", "pixels"):
        assert (tmp_path / "new" / f"{name}.png").stat().st_size > 10_000
        assert f"{name}.png" in out


def write_table(path: Path) -> None:
    """Sixty images of three classes, of random pixels."""
    rng = np.random.default_rng(0)
    cells = np.column_stack([np.arange(60) % 3, rng.integers(0, 256, (60, 784))])
    header = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    np.savetxt(path, cells, fmt="%d", delimiter=",", header=header, comments="")


def test_the_seed_is_that_of_the_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    write_table(table)
    printed = []
    for seed in (0, 3):
        arguments = ["--data", str(table), "--no-figures", "--seed", str(seed)]
        assert cli.main(["explore", *arguments]) == 0
        printed.append(capsys.readouterr().out)
        found = exploration.explore(data.load(table, seed=seed))
        assert explore.pixel_table(found) in printed[-1]
    assert printed[0] != printed[1]


def test_tables_alone_and_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "table.csv"
    write_table(table)
    assert cli.main(["explore", "--data", "table.csv", "--no-figures"]) == 0
    assert "table.csv: 60 images" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [table]
    assert cli.main(["explore", "--data", "table.csv", "--out", "figures"]) == 0
    capsys.readouterr()
    assert cli.main(["explore", "--data", "nothing"]) == 2
    assert "unknown source 'nothing'" in capsys.readouterr().err
    assert cli.main(["explore", "--out", "table.csv"]) == 2
    assert "--out table.csv cannot be created" in capsys.readouterr().err
