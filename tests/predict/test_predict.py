"""`python -m compare predict` from end to end: what comes in, goes out and goes on."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from compare.predict import answers, inputs
from compare.record import model_file
from tests.predict import drawings
from tests.predict.asking import N, expected, expected_probs, predict, write_csv


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("images.idx", "numpy"),
        ("test.csv", "numpy"),
        pytest.param("train.csv", "numpy", marks=pytest.mark.slow),
        ("images.idx", "torch"),
        ("test.csv", "sklearn"),
        ("train.csv", "textbook"),
    ],
)
def test_idx_and_csv_rows_get_the_networks_own_answers(
    folder: Path,
    model_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    engine: str,
) -> None:
    code = predict(
        folder / name, "--model", model_path, "--impl", engine, "--format", "csv"
    )
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(r["label"]) for r in rows] == expected(model_path, N).tolist()
    assert [int(r["row"]) for r in rows] == list(range(1, N + 1))
    wanted = expected_probs(model_path, N)
    for row, wanted_probs in zip(rows, wanted, strict=True):
        probs = [float(row[f"p{k}"]) for k in range(10)]
        # Six decimals are written; the engines differ in float32's last digits.
        np.testing.assert_allclose(probs, wanted_probs, rtol=0, atol=2e-6)
        assert int(np.argmax(probs)) == int(row["label"])
        assert float(row["probability"]) == max(probs)


def test_a_folder_of_pictures_is_recognised_in_order(
    folder: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = predict(folder / "pictures", "--model", model_path, "--format", "json")
    assert code == 0
    found = json.loads(capsys.readouterr().out)
    _, labels = drawings.digits(6)
    assert [Path(each["file"]).stem for each in found] == list("012345")
    assert [each["label"] for each in found] == labels.tolist()
    assert all(each["row"] is None for each in found)
    assert all(len(each["probabilities"]) == 10 for each in found)


def test_the_table_names_file_answer_and_probability(
    folder: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(folder / "pictures" / "0.png", "--model", model_path) == 0
    head, _, rule, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["image", "answer", "probability", "second", "probability"]
    assert set(rule) == {"─"}
    assert row.split()[:2] == [str(folder / "pictures" / "0.png"), "7"]


def test_a_long_table_says_what_it_leaves_out(
    model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = drawings.MNIST / "t10k-images-idx3-ubyte.gz"
    assert predict(path, "--model", model_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 + 100 + 1
    assert lines[-1] == "… and 9,900 more: --format csv or json has them all."


@pytest.mark.parametrize(
    "name", ["pictures/0.png", "pictures/1.jpg", "images.idx", "test.csv"]
)
def test_standard_input_is_told_by_its_content(
    folder: Path,
    model_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    content = io.BytesIO((folder / name).read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=content))
    assert predict("-", "--model", model_path, "--format", "json") == 0
    from_stdin = json.loads(capsys.readouterr().out)
    assert predict(folder / name, "--model", model_path, "--format", "json") == 0
    from_file = json.loads(capsys.readouterr().out)
    assert {each.pop("file") for each in from_stdin} == {"standard input"}
    assert {each.pop("file") for each in from_file} == {str(folder / name)}
    assert from_stdin == from_file


def test_kaggles_submission_has_its_exact_form(
    folder: Path, model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "submission.csv"
    code = predict("--kaggle", folder / "test.csv", "--model", model_path, "--out", out)
    assert code == 0
    answered = expected(model_path, N)
    assert out.read_bytes() == b"ImageId,Label\n" + b"".join(
        b"%d,%d\n" % (i + 1, label) for i, label in enumerate(answered)
    )
    assert "note: Kaggle's test.csv has 28,000 images" in capsys.readouterr().err


def test_labels_in_the_file_are_compared_with_the_answers(
    folder: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    predict(folder / "train.csv", "--model", model_path)
    _, labels = drawings.digits(N)
    n_right = int((expected(model_path, N) == labels).sum())
    assert f"{n_right} of {N} answers agree" in capsys.readouterr().err
    predict(folder / "train.csv", "--model", model_path, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["given_label"]) for row in rows] == labels.tolist()
    assert sum(row["given_label"] == row["label"] for row in rows) == n_right
    predict(folder / "train.csv", "--model", model_path, "--format", "json")
    objects = json.loads(capsys.readouterr().out)
    assert [each["given_label"] for each in objects] == labels.tolist()


def test_the_name_of_a_source_means_its_test_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = inputs.read_all(["mnist"])
    assert isinstance(found, inputs.Images)
    images, labels = drawings.digits(10_000)
    assert np.array_equal(found.pixels, images.reshape(10_000, 784))
    assert found.labels == [str(label) for label in labels]
    monkeypatch.chdir(tmp_path)
    Image.fromarray(images[0]).save("digit.png")
    Path("digit.png").rename("mnist")  # a file of that name comes first
    (own,) = inputs.read_all(["mnist"], as_is=True)
    assert isinstance(own, inputs.Images)
    assert np.array_equal(own.pixels[0], images[0].ravel())


@pytest.mark.parametrize(
    "suffix",
    ["png", *(pytest.param(s, marks=pytest.mark.slow) for s in ("svg", "pdf"))],
)
def test_show_draws_pictures_and_rows(
    folder: Path, model_path: Path, tmp_path: Path, suffix: str
) -> None:
    figure = tmp_path / "new" / f"seen.{suffix}"
    write_csv(tmp_path / "few.csv", drawings.digits(3)[0], None)
    code = predict(
        *(folder / "pictures" / "0.png", tmp_path / "few.csv"),
        *("--model", model_path, "--show", figure),
    )
    assert code == 0
    assert figure.stat().st_size > 5000


def test_a_network_of_clothes_warns_of_the_digits_form(
    folder: Path, model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = folder / "pictures" / "0.png"
    predict(picture, "--model", model_path)
    assert "no digits" not in capsys.readouterr().err
    names = tuple(f"thing {i}" for i in range(10))
    clothes = dataclasses.replace(model_file.load(model_path), class_names=names)
    model_file.save(tmp_path / "clothes.safetensors", clothes)
    predict(picture, "--model", tmp_path / "clothes.safetensors")
    assert "knows thing 0, thing 1, …, and no digits" in capsys.readouterr().err
    predict(picture, "--as-is", "--model", tmp_path / "clothes.safetensors")
    assert "no digits" not in capsys.readouterr().err


def test_each_digit_of_a_number_gets_an_answer(
    tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = np.full((80, 120), 255, np.uint8)
    page[20:60, 30:36] = page[20:60, 70:76] = 0  # 11
    Image.fromarray(page).save(tmp_path / "eleven.png")
    Image.fromarray(page[:, :60]).save(tmp_path / "one.png")
    files = [tmp_path / "one.png", tmp_path / "eleven.png"]
    assert predict("--model", model_path, *files) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert len(lines) == 9  # heads, units, line, three answers, and the page again
    assert [line.rsplit("/", 1)[1].split("  ")[0] for line in lines[3:6]] == [
        *("one.png", "eleven.png, digit 1", "eleven.png, digit 2"),
    ]
    assert lines[7:] == [f"{files[1]}, line by line:", "  1 1"]
    assert predict("--model", model_path, files[1], "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["box"] for each in found] == [[30, 20, 6, 40], [70, 20, 6, 40]]
    assert [each["row"] for each in found] == [1, 2]


def read(path: Path, *, as_is: bool = False) -> inputs.Images:
    (found,) = inputs.read_all([str(path)], as_is=as_is)
    assert isinstance(found, inputs.Images)
    return found


def test_as_is_leaves_pictures_alone(
    folder: Path, model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    low = np.zeros((28, 28), np.uint8)
    low[18:27, 3:5] = 200
    Image.fromarray(low).save(tmp_path / "low.png")
    seen = read(tmp_path / "low.png", as_is=True).pixels
    np.testing.assert_array_equal(seen.reshape(28, 28), low)
    formed = read(tmp_path / "low.png").pixels
    assert not np.array_equal(formed.reshape(28, 28), low)
    big = folder / "pictures" / "0.png"
    assert predict(big, "--as-is", "--model", model_path) == 1
    assert "--as-is needs pictures of 28 x 28 pixels, got 224 x 224" in (
        capsys.readouterr().err
    )


def test_names_of_classes_come_from_the_model(
    folder: Path, tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "8", "9")
    model = model_file.load(model_path)
    named = model_file.Model(**(vars(model) | {"class_names": words}))
    model_file.save(tmp_path / "m.safetensors", named)
    predict(folder / "pictures/0.png", "--model", tmp_path / "m.safetensors")
    assert capsys.readouterr().out.splitlines()[3].split()[1] == "seven"


def test_train_keeps_its_model_where_the_next_call_finds_it(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    data = folder / "learn.csv"
    images, labels = drawings.digits(2000)
    write_csv(data, images, labels)
    arguments = (folder / "test.csv", "--format", "csv")
    kept = ("--save-model", "results/model.safetensors")
    assert predict("--train", "--data", data, *arguments, *kept) == 0
    first, progress = capsys.readouterr()
    assert progress.count("training numpy: epoch ") == 10
    assert predict(*arguments) == 0
    assert capsys.readouterr().out == first
    model = model_file.load("results/model.safetensors")
    assert model.data_source == str(data)
    assert model.training["epochs"] == 10


def test_certainty_is_never_claimed() -> None:
    assert answers.percent(0.99996) == "> 99.9"
    assert answers.percent(0.9996) == "> 99.9"
    assert answers.percent(0.9994) == "99.9"
    assert answers.percent(0.0004) == "< 0.1"
    assert answers.percent(0.0006) == "0.1"
    assert answers.percent(0.5) == "50.0"
    for probability in np.linspace(0, 1, 20_001):
        assert answers.percent(probability) not in ("0.0", "100.0")


def test_the_second_answer_is_the_most_likely_but_one(
    folder: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probs = np.array([0.1, 0.2, 0.05, 0.65])
    assert answers.Answer("", None, probs, ("a", "b", "c", "d")).second == 1
    predict(folder / "test.csv", "--model", model_path)
    rows = capsys.readouterr().out.splitlines()[3:]
    for row, wanted in zip(rows, expected_probs(model_path, N), strict=True):
        second = int(np.argsort(wanted)[-2])
        # The row ends with "second probability", the latter "< 0.1" at times.
        assert row.removesuffix(answers.percent(wanted[second])).split()[-1] == str(
            second
        )


def test_a_plain_idx_file_is_told_by_its_content(folder: Path, tmp_path: Path) -> None:
    images, _ = drawings.digits(N)
    path = tmp_path / "digits"
    path.write_bytes(gzip.decompress((folder / "images.idx").read_bytes()))
    np.testing.assert_array_equal(read(path).pixels, images.reshape(N, 784))


def test_the_pipe_works_in_a_shell(folder: Path, model_path: Path) -> None:
    with (folder / "pictures" / "0.png").open("rb") as picture:
        done = subprocess.run(
            [sys.executable, "-m", "compare", "predict", "-", "--model", model_path],
            stdin=picture,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split()[:3] == ["standard", "input", "7"]
