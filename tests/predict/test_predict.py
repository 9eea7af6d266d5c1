"""`python -m compare predict` from end to end: what comes in, goes out and goes on."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from compare import cli
from compare.predict import answers, inputs
from compare.record import model_file
from tests.predict import drawings

N = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first digits as pictures, IDX and CSV."""
    place = tmp_path_factory.mktemp("digits")
    images, labels = drawings.digits(N)
    (place / "pictures").mkdir()
    for i in range(6):
        page = Image.fromarray(255 - drawings.enlarged(images[i], 8))
        page.save(place / "pictures" / f"{i}.{'jpg' if i % 2 else 'png'}", quality=95)
    header = (2051).to_bytes(4) + N.to_bytes(4) + (28).to_bytes(4) * 2
    (place / "images.idx").write_bytes(gzip.compress(header + images.tobytes()))
    write_csv(place / "test.csv", images, None)
    write_csv(place / "train.csv", images, labels)
    return place


def write_csv(
    path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8] | None
) -> None:
    columns = [f"pixel{i}" for i in range(784)]
    rows = images.reshape(-1, 784).tolist()
    if labels is not None:
        columns = ["label", *columns]
        rows = [[label, *row] for label, row in zip(labels, rows, strict=True)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def predict(*arguments: object) -> int:
    return cli.main(["predict", *map(str, arguments)])


def expected_probs(model_path: Path, n: int) -> NDArray[np.floating]:
    """What the network says, asked in three lines without the command."""
    images, _ = drawings.digits(n)
    network = model_file.load(model_path).implementation("numpy")
    return network.predict_proba(images.reshape(n, 784).astype(np.float32) / 255)


def expected(model_path: Path, n: int) -> NDArray[np.int64]:
    return np.asarray(expected_probs(model_path, n).argmax(axis=1))


@pytest.mark.parametrize("name", ["images.idx", "test.csv", "train.csv"])
@pytest.mark.parametrize("engine", ["numpy", "torch", "sklearn", "textbook"])
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


def test_standard_input_has_a_limit_and_its_errors_name_it(
    model_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    assert predict("-", "--model", model_path) == 1
    assert capsys.readouterr().err == (
        "error: standard input: is empty; download it again\n"
    )
    monkeypatch.setattr(inputs, "MAX_INPUT_BYTES", 10)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"x" * 11)))
    assert predict("-", "--model", model_path) == 1
    assert "standard input: may have" in capsys.readouterr().err


def test_a_bad_file_gets_its_line_and_the_rest_go_on(
    folder: Path, model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no picture")
    Image.new("L", (50, 50), 200).save(tmp_path / "blank.png")
    good = folder / "pictures" / "0.png"
    (tmp_path / "truncated.png").write_bytes(good.read_bytes()[:300])
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty-folder").mkdir()
    names = ["empty.png", "text.png", "blank.png", "truncated.png", "bad.csv"]
    names += ["empty-folder", "not-there.png"]
    bad = [tmp_path / name for name in names]
    code = predict(bad[0], good, *bad[1:], good, "--model", model_path)
    assert code == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3 + 2
    lines = err.splitlines()
    assert len(lines) == len(bad)
    for path, line in zip(bad, lines, strict=True):
        assert line.startswith(f"error: {path}: ")
    assert predict(bad[0], "--model", model_path) == 1
    assert capsys.readouterr().out == ""


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


def test_kaggle_writes_nothing_when_the_file_is_not_kaggles(
    folder: Path,
    model_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    images, _ = drawings.digits(3)
    write_csv(tmp_path / "test.csv", images, None)
    text = (tmp_path / "test.csv").read_text()
    (tmp_path / "test.csv").write_text(text[:-2] + "x\n")
    out = tmp_path / "s.csv"
    model = ("--model", model_path)
    assert predict("--kaggle", tmp_path / "test.csv", "--out", out, *model) == 2
    assert "row 3: a pixel must be a whole number" in capsys.readouterr().err
    assert not out.exists()
    assert predict("--kaggle", "a.csv", "b.csv", *model) == 2
    for name in ("train.csv", "pictures/0.png"):
        assert predict("--kaggle", folder / name, "--out", out, *model) == 2
        assert "which has no labels" in capsys.readouterr().err
        assert not out.exists()


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


@pytest.mark.parametrize(
    "suffix",
    ["png", *(pytest.param(s, marks=pytest.mark.slow) for s in ("svg", "pdf"))],
)
def test_show_draws_pictures_and_rows(
    folder: Path, model_path: Path, tmp_path: Path, suffix: str
) -> None:
    figure = tmp_path / "new" / f"seen.{suffix}"
    code = predict(
        *(folder / "pictures" / "0.png", folder / "test.csv"),
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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.png"], "there is no model yet: add --train"),
        (["a.png", "--model", "none.safetensors"], "no such file"),
        (["a.png", "--save-model", "m.safetensors"], "add --train"),
        (["a.png", "--train", "--save-model", "a.png"], "must end in .safetensors"),
        (["a.png", "--train", "--model", "m.safetensors"], "choose"),
        (["a.png", "--show", "x.txt"], "--show must end in .png"),
        (["a.png", "--show", "a.png"], "might overwrite an image"),
        (["shots", "--show", "shots/a.png"], "might overwrite an image"),
        (["a.csv", "--out", "a.csv"], "might overwrite an image"),
        (["-", "-"], "standard input can be read once"),
        (["a.png", "--data", "mnist"], "--data is what --train learns"),
        (["--kaggle", "a.csv", "--format", "csv"], "--kaggle has a form of its own"),
        (["a.png", "--impl", "nunpy"], "unknown implementation 'nunpy'"),
    ],
)
def test_wrong_usage_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("L", (9, 9)).save("a.png")
    before = (tmp_path / "a.png").read_bytes()
    assert predict(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert (tmp_path / "a.png").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{here}/d.png", "--out", "d.png"], "--out d.png might overwrite an image"),
        (["d.png", "--out", "{here}/d.png"], "d.png might overwrite an image"),
        (["d.png", "--out", "x/../d.png"], "might overwrite an image"),
        (["d.png", "--out", "link.png"], "--out link.png might overwrite an image"),
        (["{here}", "--show", "new.png"], "--show new.png might overwrite an image"),
        (
            ["d.png", "--model", "m.safetensors", "--out", "m.safetensors"],
            "--out m.safetensors might overwrite the model",
        ),
        (
            ["d.png", "--out", "results/model.safetensors"],
            "--out results/model.safetensors might overwrite the model",
        ),
        (["--kaggle", "submission.csv"], "--out submission.csv might overwrite an"),
        (["--kaggle", "{here}/submission.csv"], "--out submission.csv might overwrite"),
        (
            ["d.png", "--show", "s.png", "--out", "{here}/s.png"],
            "--out and --show would both write",
        ),
        (
            [
                *("d.png", "--train", "--save-model", "m.safetensors"),
                *("--out", "{here}/m.safetensors"),
            ],
            "--out and --save-model would both write",
        ),
        (
            ["m.safetensors", "--train", "--save-model", "m.safetensors"],
            "--save-model m.safetensors might overwrite an image",
        ),
        (
            ["d.png", "--train", "--data", "submission.csv", "--out", "submission.csv"],
            "--out submission.csv might overwrite what --train learns",
        ),
        (
            ["d.png", "--train", "--data", ".", "--out", "t10k-images-idx3-ubyte.gz"],
            "might overwrite what --train learns",
        ),
        (["d.png", "--impl", "own.py:Mine", "--out", "own.py"], "the file of --impl"),
    ],
)
def test_nothing_that_is_read_is_overwritten(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = ["d.png", "m.safetensors", "submission.csv", "own.py"]
    for name in files:
        Path(name).write_text("precious")
    Path("link.png").symlink_to("d.png")
    assert predict(*(word.format(here=tmp_path) for word in arguments)) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*files, "link.png"])
    assert {Path(name).read_text() for name in files} == {"precious"}


def test_answers_may_lie_beside_the_pictures_they_are_of(
    folder: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(folder / "pictures" / "0.png", tmp_path)
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert predict(".", "--model", model_path, "--out", "answers.csv") == 0


def test_a_model_of_other_inputs_is_refused(
    folder: Path, tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_file.load(model_path)
    model.weights[0] = (model.weights[0][0][:100], model.weights[0][1])
    model_file.save(tmp_path / "small.safetensors", model)
    code = predict(folder / "test.csv", "--model", tmp_path / "small.safetensors")
    assert code == 2
    assert "must take 784 pixels, got layer sizes 100-" in capsys.readouterr().err


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


@pytest.mark.parametrize("name", ["pipe", "pipe.png", "pipe.csv", "pipe.idx"])
def test_a_pipe_is_not_waited_for(
    tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    os.mkfifo(tmp_path / name)
    assert predict(tmp_path / name, "--model", model_path) == 1
    assert f"{name}: is not an ordinary file" in capsys.readouterr().err


def test_an_empty_name_is_not_this_folder(
    folder: Path,
    model_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder / "pictures")
    assert predict("", "--model", model_path) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "a name must not be empty" in err


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
