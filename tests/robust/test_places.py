"""Every command looks at its outputs before it works, and each fails by itself."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import data
from compare import cli, initial_weights
from compare.measure import default_model
from compare.record.model_file import Model


def picture(path: Path) -> Path:
    """Write a stroke on white paper."""
    page = np.full((60, 60), 255, dtype=np.uint8)
    page[15:45, 28:34] = 0
    Image.fromarray(page).save(path)
    return path


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing may be measured, trained or checked."""
    monkeypatch.chdir(tmp_path)
    for place in (
        "compare.measure.blocks.measure",
        "compare.measure.default_model.train",
        "compare.check.watch.check_in_process",
        "compare.scaling.measure.Sweep.run",
        "compare.decide.measure.measure",
        "compare.explain.engines.carry_out",
        "compare.explore.counts.explore",
        "compare.sweep.schedule.carry_out",
    ):
        monkeypatch.setattr(place, lambda *_, **__: pytest.fail("it began to work"))


@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize(
    "arguments",
    [
        "profile --out DIR",
        "decide --impl numpy --out DIR",
        "scaling --impl numpy torch --out DIR",
        "explore --out DIR",
        "sweep learning-rate --out DIR",
        "explain numpy torch --out DIR",
        "targets --json FILE",
        "check numpy --csv FILE",
        "check numpy --gradescope FILE",
        "predict x.png --train --out FILE",
        "predict x.png --train --show FILE",
        "predict x.png --train --save-model FILE",
        "lab --export FILE",
    ],
)
def test_a_link_in_the_place_of_an_output_is_refused_before_the_work(
    arguments: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(tmp_path / "x.png")
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    suffix = {"--show": "png", "--save-model": "safetensors", "--export": "html"}
    file = folder / f"file.{suffix.get(arguments.split()[-2], 'csv')}"
    file.symlink_to(outside)
    words = arguments.replace("DIR", str(folder)).replace("FILE", str(file)).split()
    assert cli.main(words) == 2
    assert f"{file} is a link, and only plain files" in capsys.readouterr().err
    assert outside.read_text() == "mine"
    assert list(folder.iterdir()) == [file]


def test_two_outputs_of_one_name_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["check", "numpy", "--csv", "a", "--gradescope", "a"]) == 2
    assert "--csv and --gradescope both write a" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.heic", "is no picture that is read here (PNG, JPEG,"),
        ("lab.tif", "is no picture that is read here (PNG, JPEG,"),
        ("cut.npz", "is not an intact .npz archive"),
        ("nowhere.png", "no such file"),
    ],
)
def test_what_cannot_be_read_costs_no_training(
    name: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(default_model, "train", lambda *_, **__: pytest.fail("trained"))
    (tmp_path / "x.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04")
    Image.new("LAB", (28, 28)).save(tmp_path / "lab.tif")
    assert cli.main(["predict", str(tmp_path / name), "--train"]) == 1
    said = capsys.readouterr().err
    assert f"{name}: {words}" in said


def test_an_answer_that_cannot_be_written_costs_neither_model_nor_figure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder takes the place of the answers while the network is trained."""
    kept, out, shown = (tmp_path / n for n in ("m.safetensors", "a.csv", "s.png"))

    def train(*_: object, **__: object) -> Model:
        out.mkdir()
        return Model(
            weights=initial_weights((784, 8, 10), seed=0),
            activation="relu",
            class_names=tuple("0123456789"),
            data_source="mnist",
            data_sha256="",
            written_by="numpy",
            training={},
        )

    monkeypatch.setattr(default_model, "train", train)
    monkeypatch.setattr(data, "load", lambda *_, **__: None)
    read = picture(tmp_path / "x.png")
    words = (read, "--train", "--save-model", kept, "--out", out, "--show", shown)
    assert cli.main(["predict", *map(str, words)]) == 1
    said = capsys.readouterr().err
    assert f"error: {out} is a folder" in said
    assert f"written to {kept}\nwritten to {shown}\n" in said
    assert shown.stat().st_size > 0
