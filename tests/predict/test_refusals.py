"""What `predict` refuses, in a sentence, and what it never overwrites."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from compare.predict import inputs
from compare.record import model_file
from tests.predict import drawings
from tests.predict.asking import predict, write_csv


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
