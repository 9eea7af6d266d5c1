"""The command line from end to end: real processes, exit codes, what is left behind.

Each run is a subprocess, as a user starts it, on data small enough for seconds.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from compare import model_file, results
from compare.figures import curves
from compare.measure.remote import ROOT
from tests.measure import small

SMALL = ("--layers", "784-16-10", "--seeds", "2", "--epochs", "2")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write_data(tmp_path_factory.mktemp("data") / "idx")


def command(*options: object) -> list[str]:
    return [sys.executable, "-m", "compare", *map(str, options)]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def compare(*options: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*options),
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(),
        timeout=60,
        check=False,
    )


def workers(parent: int) -> list[psutil.Process]:
    try:
        return psutil.Process(parent).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(
        p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes
    )


# ---------------------------------------- a run that ends well


@pytest.fixture(scope="module")
def ended(
    images: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One's own file beside a built-in, from another folder, paths relative to it."""
    place = tmp_path_factory.mktemp("elsewhere")
    (place / "mine (1).py").write_bytes(small.FILE.read_bytes())
    impl = ("--impl", "numpy", "mine (1).py:Plain")
    done = compare(*impl, "--data", images, *SMALL, "--out", "mine/first", cwd=place)
    return done, place / "mine" / "first"


def test_ones_own_file_takes_part(
    ended: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, folder = ended
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    heading, data_line = done.stdout.splitlines()[0], done.stdout.splitlines()[2]
    assert heading.startswith("784-16-10, 12,730 parameters: relu, sgd")
    assert "450 training, 50 validation and 100 test images" in data_line
    row = re.search(r"^mine \(1\)\.py:Plain +numpy +\S+ .*equal$", done.stdout, re.M)
    assert row, done.stdout
    names = {run.implementation for run in results.read(folder).complete_runs()}
    assert names == {"numpy", "mine (1).py:Plain"}


def test_everything_that_is_announced_is_there(
    ended: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, folder = ended
    last = done.stdout.splitlines()[-1]
    match = re.fullmatch(r"Written to (.+)/: (.+)", last)
    assert match, last
    assert match[1] == "mine/first"
    announced = set(match[2].split(", "))
    assert announced == {path.name for path in folder.iterdir()}
    assert {"results.json", "epochs.csv", "runs.csv", "curves.png"} <= announced
    assert (folder / "epochs.csv").read_text().count("\n") == 1 + 2 * 2 * 2


def test_a_folder_that_holds_results_is_not_touched(
    ended: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    _, folder = ended
    before = (folder / "results.json").read_bytes()
    done = compare("--out", folder)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: --out {folder} already holds results: name another folder, or remove "
        "it\n"
    )
    assert (folder / "results.json").read_bytes() == before


def test_a_failing_row_is_a_failed_check(images: Path, tmp_path: Path) -> None:
    impl = ("--impl", "numpy", small.own("Killed"), small.own("CannotDoThat"))
    done = compare(*impl, "--data", images, *SMALL, "--out", tmp_path)
    assert done.returncode == 1
    assert "most likely for want of memory" in done.stdout
    assert "n/a: it only knows Sundays" in done.stdout
    assert "Traceback" not in done.stderr
    assert len(results.read(tmp_path).complete_runs_of("numpy")) == 2


# ---------------------------------------- wrong usage

OUT_OF_RANGE = "must be a finite number"
WRONG: list[tuple[str, str]] = [
    ("--impl nonsense", "unknown implementation 'nonsense': choose from numpy, "),
    ("--impl", "--impl: expected at least one argument"),
    ("--impl nowhere.py:Net", "nowhere.py is not a file"),
    ("--data nowhere", "nowhere"),
    ("--seeds 0", "seeds must be a count >= 1"),
    ("--seeds -3", "--seeds"),
    ("--seeds 1,1", "seeds must differ, got '1,1'"),
    ("--seeds two", "seeds must be a count, as 3, or a list"),
    ("--seeds 1000000000", "at most 1000"),
    ("--epochs 0", "--epochs must be >= 1, got 0"),
    ("--epochs 1.5", "--epochs: invalid int value: '1.5'"),
    ("--patience 0", "--patience must be >= 1, got 0"),
    ("--patience some", "--patience: invalid int value: 'some'"),
    ("--batch-size 0", "batch_size must be a whole number >= 1, got 0"),
    ("--learning-rate 0", f"learning_rate {OUT_OF_RANGE} > 0, got 0"),
    ("--learning-rate nan", f"learning_rate {OUT_OF_RANGE} > 0, got nan"),
    ("--learning-rate inf", f"learning_rate {OUT_OF_RANGE} > 0, got inf"),
    ("--learning-rate fast", "--learning-rate: invalid float value: 'fast'"),
    ("--momentum 1", f"momentum {OUT_OF_RANGE} in [0, 1), got 1"),
    ("--momentum 0 --nesterov", "nesterov needs momentum > 0"),
    ("--momentum 0.5 --optimizer adam", "--momentum is an option of sgd"),
    ("--nesterov --recipe two-hidden", "--nesterov is an option of sgd"),
    ("--weight-decay -1", f"weight_decay {OUT_OF_RANGE} >= 0, got -1"),
    ("--activation swish", "invalid choice: 'swish'"),
    ("--optimizer lion", "invalid choice: 'lion'"),
    ("--init zeros", "invalid choice: 'zeros'"),
    ("--dtype float16", "invalid choice: 'float16'"),
    ("--layers 784", "layer_sizes must be at least two whole numbers"),
    ("--layers 784-x-10", "sizes must be whole numbers joined by -"),
    ("--layers 784-0-10", "layer_sizes must be at least two whole numbers >= 1"),
    ("--layers 784-16-1", "at least 2 classes, got 1"),
    ("--layers 100-16-10", "--layers must start with 784"),
    ("--layers 784-16-9", "--layers must end with at least 10"),
    ("--layers 784-99999999999-10", "more than the"),
    ("--threads 0", "--threads must be >= 1, got 0"),
    ("--threads 5000", "--threads must be <= "),
    ("--train-samples 0", "--train-samples must be >= 1, got 0"),
    ("--train-samples 451", "451"),
    ("--out {file}", "cannot be created"),
    ("--out {file}/below", "cannot be created"),
    ("--out /proc/nobody/may", "cannot be created"),
    ("--qick", "unrecognized arguments: --qick"),
    ("profle", "unrecognized arguments: profle"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_wrong_usage_is_one_sentence(
    options: str,
    sentence: str,
    images: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this process, for speed; how it looks from outside is tested once below."""
    from compare import cli

    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a file"
    file.touch()
    given = [part.format(file=file) for part in options.split()]
    if "--data" not in given:
        given += ["--data", str(images)]
    if "--impl" not in given:
        given += ["--impl", "numpy"]
    try:
        code = cli.main(given)
    except SystemExit as end:
        code = end.code  # type: ignore[assignment]  # argparse gives a number
    assert code == 2
    errors = capsys.readouterr().err
    assert re.fullmatch(r"error: [^\n]+\n", errors), errors
    assert sentence in errors
    # Nothing is left behind, not even an empty folder.
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p != file]
    assert not [p for p in tmp_path.rglob("results/*")]


def test_wrong_usage_from_outside() -> None:
    done = compare("--epochs", "none")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: argument --epochs: invalid int value: 'none' "
        "(see python -m compare --help)\n"
    )


def test_help_shows_examples() -> None:
    done = compare("--help")
    assert done.returncode == 0
    assert "examples:" in done.stdout
    for example in ("python -m compare --quick", "my_mlp.py:MyMLP"):
        assert example in done.stdout
    for option in ("--impl", "--data", "--seeds", "--threads", "--out", "--control"):
        assert option in done.stdout
    assert done.stderr == ""


def test_every_command_has_help() -> None:
    from compare import cli

    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as caught:
            cli.main([name, "--help"])
        assert caught.value.code == 0, name


# ---------------------------------------- interrupted, cut, killed


@pytest.fixture
def running(images: Path, tmp_path: Path) -> "Running":
    return Running(images, tmp_path / "out")


class Running:
    """A comparison in its own process, which a test brings to its end."""

    def __init__(self, images: Path, folder: Path) -> None:
        self.images, self.folder = images, folder

    def start(
        self, *own: str, epochs: int = 60, seeds: int = 1, save: Path | None = None
    ) -> subprocess.Popen[str]:
        impl = ("--impl", "numpy", *map(small.own, own))
        how: tuple[object, ...] = ("--layers", "784-16-10", "--seeds", seeds)
        how += ("--epochs", epochs, *(("--save-model", save) if save else ()))
        return subprocess.Popen(
            command(*impl, "--data", self.images, *how, "--out", self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )

    def n_epochs(self) -> int:
        if not (self.folder / "results.json").exists():
            return 0
        return sum(len(run.epochs) for run in results.read(self.folder).runs)


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_shows_and_keeps_what_is_done(
    running: Running, which: signal.Signals
) -> None:
    process = running.start("SlowEpochs")
    wait_until(lambda: running.n_epochs() >= 3)
    children = workers(process.pid)
    assert len(children) == 2
    process.send_signal(which)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "Interrupted: the tables show what was done by then.\n"
    assert "Traceback" not in out
    assert re.search(r"^numpy +unfinished +\d", out, re.M), out
    assert "curves.png" in out
    assert gone(children)
    kept = results.read(running.folder)
    assert not kept.finished
    assert {run.status for run in kept.runs} == {"interrupted"}
    assert running.n_epochs() >= 3
    assert (running.folder / "curves.png").exists()


def test_ctrl_c_in_the_second_seed_keeps_the_first(
    running: Running, tmp_path: Path
) -> None:
    path = tmp_path / "kept.safetensors"
    process = running.start("SlowEpochs", epochs=3, seeds=2, save=path)
    wait_until(lambda: running.n_epochs() >= 2 * 3 + 1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    kept = results.read(running.folder)
    (first,) = kept.complete_runs_of("numpy")
    assert f"The network of numpy, seed 0, is in {path}" in out
    assert model_file.load(path).training["seed"] == 0
    # Its validation accuracy stands alone, without the second seed's first epochs.
    (row,) = re.findall(r"^numpy +(.*)$", out[out.index("test accuracy") :], re.M)[:1]
    val = f"{100 * first.epochs[-1].val_accuracy:.2f}"
    assert row.split()[1] == val, row
    assert curves.series(kept, "numpy", "val_loss").shape == (1, 3)


def test_ctrl_c_during_the_parity_gate(running: Running) -> None:
    process = running.start("Sleeps", "Sleeps", "Sleeps", "Plain")
    wait_until(lambda: len(workers(process.pid)) >= 2)
    time.sleep(1)  # into the gate's epoch
    children = workers(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "Interrupted: the tables show what was done by then.\n"
    assert "not measured: interrupted before its first epoch" in out
    assert gone(children)
    assert results.read(running.folder).runs == []


def test_killed_outright_the_results_are_there_and_the_workers_end(
    running: Running,
) -> None:
    process = running.start("SlowEpochs")
    wait_until(lambda: running.n_epochs() >= 3)
    children = workers(process.pid)
    process.kill()
    process.communicate()
    wait_until(lambda: gone(children), 5)
    kept = results.read(running.folder)
    assert not kept.finished
    assert sum(len(run.epochs) for run in kept.runs) >= 3


def test_the_first_words_come_within_five_seconds(running: Running) -> None:
    begin = time.monotonic()
    process = running.start("Sleeps")
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("784-16-10")
        assert time.monotonic() - begin < 5
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_a_reader_who_has_seen_enough_gets_no_traceback(
    images: Path, tmp_path: Path
) -> None:
    line = command("--impl", "numpy", "--data", images, *SMALL, "--out", tmp_path)
    with subprocess.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
    json.loads((tmp_path / "results.json").read_text())


# ---------------------------------------- the main job


@pytest.mark.slow
def test_the_three_on_mnist(tmp_path: Path) -> None:
    done = compare("--quick", "--out", tmp_path / "three")
    assert done.returncode == 0, done.stderr
    found = results.read(tmp_path / "three")
    assert {p.status for p in found.parity} == {"reference", "equal"}
    for label in ("numpy", "torch", "sklearn"):
        for run in found.complete_runs_of(label):
            assert (run.test_accuracy or 0) > 0.9
            assert {pool["n_threads"] for pool in run.thread_pools} == {1}
