"""The command line from end to end: real processes, exit codes, what is left behind.

Each run is a subprocess, as a user starts it, on data small enough for seconds.
"""

import re
from pathlib import Path

import pytest

from compare import cli
from compare.record import results
from tests.measure import small
from tests.started import SMALL, FinishedRun, compare

# ---------------------------------------- a run that ends well


def test_ones_own_file_takes_part(finished_run: FinishedRun) -> None:
    done, _, folder = finished_run
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    heading, data_line = done.stdout.splitlines()[0], done.stdout.splitlines()[2]
    assert heading.startswith("784-16-10, 12,730 parameters: relu, sgd")
    assert "450 training, 50 validation and 100 test images" in data_line
    row = re.search(r"^mine \(1\)\.py:Plain +numpy +\S+ .*equal$", done.stdout, re.M)
    assert row, done.stdout
    names = {run.implementation for run in results.read(folder).complete_runs()}
    assert names == {"numpy", "mine (1).py:Plain"}


def test_everything_that_is_announced_is_there(finished_run: FinishedRun) -> None:
    done, _, folder = finished_run
    *_, written, exported = done.stdout.splitlines()
    assert exported == "Exported to mine/summary.json"
    match = re.fullmatch(r"Written to (.+)/: (.+)", written)
    assert match, written
    assert match[1] == "mine/first"
    announced = set(match[2].split(", "))
    assert announced == {path.name for path in folder.iterdir()}
    assert {"results.json", "epochs.csv", "runs.csv", "curves.png"} <= announced
    assert (folder / "epochs.csv").read_text().count("\n") == 1 + 2 * 2 * 2


def test_a_folder_that_holds_results_is_not_touched(
    finished_run: FinishedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = finished_run.folder
    before = (folder / "results.json").read_bytes()
    assert cli.main(["--out", str(folder)]) == 2
    assert capsys.readouterr().err == (
        f"error: --out {folder} already holds results: name another folder, or remove "
        "it\n"
    )
    assert (folder / "results.json").read_bytes() == before


@pytest.mark.slow
def test_a_failing_row_is_a_failed_check(folder_of_data: Path, tmp_path: Path) -> None:
    impl = ("--impl", "numpy", small.own("Killed"), small.own("CannotDoThat"))
    done = compare(*impl, "--data", folder_of_data, *SMALL, "--out", tmp_path)
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
    ("--conv 8", "convolutional layers must be none, or pairs of whole numbers joined"),
    ("--conv 8x0", "conv_layers must be pairs of whole numbers >= 1"),
    ("--conv 8x5-8x13", "conv_layers[1] must read maps of at least 14 x 14 pixels"),
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
    folder_of_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this process, for speed; how it looks from outside is tested once below."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a file"
    file.touch()
    given = [part.format(file=file) for part in options.split()]
    if "--data" not in given:
        given += ["--data", str(folder_of_data)]
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
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as caught:
            cli.main([name, "--help"])
        assert caught.value.code == 0, name


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
