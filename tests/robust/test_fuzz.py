"""Damaged files and odd arguments: one sentence or a sound answer, no traceback.

Seeded, so that a red run can be repeated. Each part prints its counts (`pytest -s`).
"""

import argparse
import importlib
import io
import json
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import data
from compare import cli
from compare.errors import UsageError
from compare.measure import blocks
from compare.predict import inputs
from compare.record import results as stored
from compare.scaling.measure import Sweep
from compare.verify import verification
from tests.measure import small
from tests.report import invented
from tests.robust.mutations import mutate

pytestmark = pytest.mark.slow

# Of the processor, so that a busy machine changes nothing.
SECONDS = 20.0
# By the clock, for what waits without computing.
LONGEST_WAIT = 300.0


def told(title: str, counts: Counter[str]) -> None:
    text = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
    sys.stdout.write(f"\nfuzz, {title}: {text}\n")


def within(seconds: float, work: Callable[[], object], *what: object) -> object:
    begin, begin_cpu = time.monotonic(), time.process_time()
    found = work()
    assert time.process_time() - begin_cpu < seconds, what
    assert time.monotonic() - begin < LONGEST_WAIT, what
    return found


# Fields in which any text is as good as another.
FREE = {"command", "started", "reason", "source", "sha256", "class_names", "packages"}


def test_damaged_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """300 files: what is accepted can be reported, verified and written again."""
    original = invented.with_gallery(
        invented.results({"numpy": 0.1, "torch": 0.2}, seeds=(0, 1))
    )
    original.write(tmp_path)
    path = tmp_path / "results.json"
    document = json.loads(path.read_text())
    rng, counts, drawn = random.Random(20), Counter[str](), 0
    sentences: list[str] = []
    for _ in range(300):
        place, kind, content = mutate(document, rng)
        path.write_bytes(content)
        try:
            found = stored.read(tmp_path)
        except UsageError as error:
            counts["refused"] += 1
            sentences.append(str(error))
            continue
        counts["accepted"] += 1
        # What is repeated has the rows of what is stored.
        alike = found.plan.rows == original.plan.rows
        verification.judge(found, original if alike else found)
        for run in found.complete_runs():
            assert run.test_accuracy is not None
            assert 0 <= run.test_accuracy <= 1
            assert min(run.train_seconds) > 0
        found.write(tmp_path)
        assert stored.read(tmp_path) == found
        # Drawing takes seconds: only what may change what is drawn, and not all.
        if drawn < 25 and not FREE & set(map(str, place)):
            drawn += 1
            code = within(SECONDS, lambda: cli.main(["report", str(tmp_path)]), place)
            assert code == 0, (place, kind, capsys.readouterr().err)
    assert not [sentence for sentence in sentences if "\n" in sentence]
    told("results.json", counts + Counter(drawn=drawn))
    assert counts["refused"] >= 200
    assert counts["accepted"] >= 20


VALUES = (
    "0", "-1", "1", "2.5", "1e-320", "1e400", "nan", "x", "", "numpy", "torch",
    "x.py:", ":X", "os:path", "a\x1b[2J:B", "784-16-10", "784", "10-784", "784--10",
    "sgd", "adam", "relu", "float64", "mnist", "nowhere.csv", "/dev/null", ".",
    "0,1", "1,1", "99999999999999999999", "é", "--", "results",
)  # fmt: skip
# Each with the words that it cannot do without.
COMMANDS = {
    "run": [],
    "profile": [],
    "scaling": [],
    "targets": [],
    "explore": [],
    "recipes": [],
    "decide": [],
    "example": [],
    "predict": ["picture.png"],
    "report": ["nowhere"],
    "verify": ["nowhere"],
    "diff": ["nowhere", "results"],
    "sweep": ["learning-rate"],
    "explain": ["torch", "sklearn"],
}


def options_of(command: str) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    importlib.import_module(f"compare.{command}.command").add_arguments(parser)
    return [name for action in parser._actions for name in action.option_strings]


def test_odd_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """200 sets: exit code 0, 1 or 2, and a sentence with 2; nothing is measured."""

    def stop(*_: object, **__: object) -> None:
        raise UsageError("far enough")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(data, "load", stop)
    monkeypatch.setattr(blocks, "measure", stop)
    monkeypatch.setattr(Sweep, "run", stop)
    rng, counts = random.Random(21), Counter[str]()
    options = {command: options_of(command) for command in COMMANDS}
    for _ in range(200):
        command = rng.choice(sorted(COMMANDS))
        arguments = [command, *COMMANDS[command]]
        for _ in range(rng.randint(1, 3)):
            arguments.append(rng.choice(options[command]))
            arguments += rng.choices(VALUES, k=rng.choice((0, 1, 1, 1, 2)))

        def run(arguments: list[str] = arguments) -> int:
            try:
                return cli.main(arguments)
            except SystemExit as end:
                return int(end.code or 0)

        code = within(SECONDS, run, *arguments)
        out, err = capsys.readouterr()
        assert code in (0, 1, 2), arguments
        assert "Traceback" not in out + err
        assert "\x1b" not in err
        assert code != 2 or "error: " in err, arguments
        counts["far enough" if "far enough" in err else f"exit code {code}"] += 1
    told("arguments", counts)
    assert counts["exit code 2"] >= 50


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return the bytes cut, flipped, doubled or with foreign ones inside."""
    kind, place = rng.randrange(5), rng.randrange(max(1, len(content)))
    if kind == 0:
        return content[:place]
    if kind == 1:
        changed = bytearray(content)
        for _ in range(rng.randint(1, 8)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    if kind == 2:
        return content + content[:place]
    if kind == 3:
        return content[:place] + rng.randbytes(8) + content[place:]
    return rng.randbytes(rng.randint(0, 200))


def test_odd_images(tmp_path: Path) -> None:
    """100 pictures of six formats, damaged: images or a DataError."""
    pixels = np.random.default_rng(0).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    rng, counts = random.Random(22), Counter[str]()
    for i in range(100):
        kind = rng.choice(("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"))
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, kind)
        path = tmp_path / f"{i}.{kind.lower()}"
        path.write_bytes(damaged(content.getvalue(), rng))

        def read(path: Path = path) -> object:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # Pillow's, of damaged metadata
                    return next(iter(inputs.read_all([str(path)])))
            except data.DataError as error:
                return error

        found = within(SECONDS, read)
        counts["refused" if isinstance(found, data.DataError) else "read"] += 1
    told("images", counts)
    assert counts["refused"] >= 20


def test_odd_data_files(tmp_path: Path) -> None:
    """100 folders, tables and archives, damaged: a sound Dataset or a DataError."""
    rng, counts = random.Random(23), Counter[str]()
    folder = small.write_data(tmp_path / "idx", n_train=200, n_test=50)
    g = np.random.default_rng(1)
    X, y = g.integers(0, 256, (300, 784)), np.arange(300) % 10
    table = "\n".join(
        ["label," + ",".join(f"pixel{i}" for i in range(784))]
        + [",".join(map(str, (label, *row))) for label, row in zip(y, X, strict=True)]
    )
    archive = io.BytesIO()
    np.savez(
        archive,
        x_train=X[:250].reshape(-1, 28, 28).astype(np.uint8),
        y_train=y[:250],
        x_test=X[250:].reshape(-1, 28, 28).astype(np.uint8),
        y_test=y[250:],
    )
    for i in range(100):
        kind = rng.choice(("idx", "csv", "npz"))
        path = tmp_path / f"{i}.{kind}"
        if kind == "idx":
            path.mkdir()
            for file in folder.iterdir():
                (path / file.name).write_bytes(file.read_bytes())
            victim = rng.choice(sorted(path.iterdir()))
            victim.write_bytes(damaged(victim.read_bytes(), rng))
        else:
            content = table.encode() if kind == "csv" else archive.getvalue()
            path.write_bytes(damaged(content, rng))

        def load(path: Path = path) -> object:
            try:
                return data.load(str(path))
            except data.DataError as error:
                return error

        found = within(SECONDS, load)
        if isinstance(found, data.Dataset):
            counts["read"] += 1
            for part in ("train", "val", "test"):
                images, labels = (getattr(found, f"{n}_{part}") for n in "Xy")
                assert images.min() >= 0
                assert images.max() <= 1
                assert len(images) == len(labels)
                assert labels.max() < len(found.class_names)
        else:
            counts["refused"] += 1
    told("data files", counts)
    assert counts["refused"] >= 30
