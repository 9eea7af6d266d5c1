"""`python -m compare check`: the code under test runs in a process of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from compare.check import api, watch
from compare.check.exercises import exercises
from compare.cli import main
from tests.check.zoo.loading import SIZES, load

ROOT = Path(__file__).resolve().parents[2]


class Done(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


Check = Callable[..., Done]


Capture = pytest.CaptureFixture[str]
SMALL = "-".join(map(str, SIZES))


@pytest.fixture
def check(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the command in this process; the code under test runs in another."""

    def check(*arguments: str, folder: Path = ROOT) -> Done:
        monkeypatch.chdir(folder)
        code = main(["check", *arguments])
        return Done(code, *capsys.readouterr())

    return check


def write(folder: Path, text: str) -> str:
    (folder / "mine.py").write_text(text)
    return "mine.py"


FORWARD = """
import numpy as np
def forward(weights, X):
    {body}
    a = X
    for W, b in weights:
        z = a @ W + b
        a = np.maximum(z, 0)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""


@pytest.mark.slow
def test_a_correct_class_passes_with_exit_code_0(check: Check) -> None:
    done = check("examples/my_mlp.py:MyMLP", "--no-epoch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Well done: examples/my_mlp.py:MyMLP passes all" in done.stdout
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 100, done.stdout


@pytest.mark.slow  # with --json it is not
def test_a_mistake_fails_with_exit_code_1_and_is_named(
    check: Check, tmp_path: Path
) -> None:
    assert check("--exercise", "12", folder=tmp_path).returncode == 0
    done = check("exercise_12.py:MyMLP", "--layers", SMALL, folder=tmp_path)
    assert done.returncode == 1
    assert "The bias gradient is averaged over the batch" in done.stdout
    assert "numpy_impl/textbook.py:" in done.stdout


def test_without_diagnosis_no_cause_is_told() -> None:
    report = api.check(
        load(exercises.source(12)),
        diagnose=False,
        whole_epoch=False,
        layer_sizes=SIZES,
    )
    assert "FAIL" in str(report)
    assert "averaged" not in str(report)
    assert "above" not in report.summary()


def test_json_is_the_report_and_nothing_else(check: Check) -> None:
    target = "examples/my_functions.py"
    done = check(target, "--json", "--activation", "relu", "--layers", SMALL)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["passed"] is False
    assert report["mistakes"] == ["forward-other-activation"]
    assert report["findings"][0]["see"][0].startswith("numpy_impl/textbook.py:")
    forward = report["gates"][1]
    assert forward["gate"] == "forward"
    assert forward["largest_relative_error"] > 0.01
    assert forward["tensor"] == "probs"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("def f(:\n", 1, "SyntaxError", marks=pytest.mark.slow),
        ("x = 1\nraise SystemExit(3)\n", 2, "SystemExit"),
        pytest.param("import no_such_thing\n", 1, "no_such", marks=pytest.mark.slow),
        pytest.param("while True:\n    x = 1\n", None, "2 s", marks=pytest.mark.slow),
    ],
)
def test_json_also_of_a_file_that_cannot_be_imported(
    text: str, line: int | None, said: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    code = main(["check", str(path), "--json", "--time-limit", "2"])
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert code == 2
    assert report["passed"] is False
    assert report["lines"] == []
    assert said in report["departure"]["relation"]
    assert line is None or report["departure"]["line"] == line
    assert said in shown.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "say what to check"),
        (("--exercise", "99"), "--exercise must be a number from 1 to"),
        (("numpy", "--exercise", "1"), "take no target"),
        (("numpy", "--learning-rate", "-1"), "learning_rate must be"),
        (("numpy", "--time-limit", "0"), "--time-limit must be > 0"),
    ],
)
def test_wrong_usage_is_one_sentence(
    check: Check, arguments: tuple[str, ...], sentence: str
) -> None:
    done = check(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow  # its twin with --json is not
def test_a_file_that_does_not_import_shows_its_own_lines(
    check: Check, tmp_path: Path
) -> None:
    target = write(tmp_path, "import numpy\n\nlayers = unknown_name\n")
    done = check(target, folder=tmp_path)
    assert done.returncode == 2
    assert "importing mine.py failed: NameError" in done.stderr
    assert 'mine.py", line 3' in done.stderr
    assert "importlib" not in done.stderr
    assert "compare/" not in done.stderr


@pytest.mark.slow
def test_prints_and_endless_loops(check: Check, tmp_path: Path) -> None:
    target = write(tmp_path, FORWARD.format(body="print('hello'); os = 1"))
    done = check(target, folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "hello" not in done.stdout
    target = write(tmp_path, FORWARD.format(body="while True: pass"))
    done = check(target, "--time-limit", "1", folder=tmp_path)
    assert done.returncode == 1
    assert "forward was still running after 1 s" in done.stdout
    assert "while True: pass" in done.stdout


STUBBORN = """
import time
    while True:
        try:
            while True:
                time.sleep(0.05)
        except BaseException: pass
"""


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (STUBBORN.strip(), "had to be killed from outside"),
        pytest.param(
            "import os; os.write(2, b'no room in the pool'); os._exit(7)",
            "fails: during forward, the program ended by itself with code 7: "
            "no room in the pool.",
            marks=pytest.mark.slow,  # a worker's sudden end: measure/test_worker
        ),
    ],
)
def test_what_cannot_be_caught_is_ended_from_outside(
    check: Check,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    sentence: str,
) -> None:
    monkeypatch.setattr(watch, "GRACE_SECONDS", 1.0)
    target = write(tmp_path, FORWARD.format(body=body))
    done = check(target, "--time-limit", "1", folder=tmp_path)
    assert done.returncode == 1
    assert sentence in done.stdout
    assert done.stderr == ""
