"""`compare.cli` with a command made for the test: every way to end has its code."""

import argparse
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from compare import cli
from compare.errors import UsageError
from data import DataError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that gives the command `made-up` its body."""

    def install(run: Callable[[argparse.Namespace], int]) -> None:
        module = types.ModuleType("compare.made-up.command", "What it is for.")

        def add_arguments(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--number", type=int, default=0, help="any number")

        module.add_arguments = add_arguments  # type: ignore[attr-defined]  # a module
        module.run = run  # type: ignore[attr-defined]  # a module
        monkeypatch.setitem(sys.modules, "compare.made-up.command", module)
        monkeypatch.setitem(cli.COMMANDS, "made-up", "for this test")

    return install


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(args: argparse.Namespace) -> int:
        raise error

    return run


@pytest.mark.parametrize("code", [0, 1])
def test_the_code_of_the_command_is_the_exit_code(
    command: Callable[..., None], code: int
) -> None:
    command(lambda args: code)
    assert cli.main(["made-up"]) == code


def test_arguments_reach_the_command(command: Callable[..., None]) -> None:
    command(lambda args: int(args.number))
    assert cli.main(["made-up", "--number", "42"]) == 42


@pytest.mark.parametrize(
    "error",
    [UsageError("epochs must be >= 1, got 0"), DataError("train.csv: row 3 is empty")],
)
def test_wrong_usage_and_bad_data(
    command: Callable[..., None],
    error: ValueError,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command(raising(error))
    assert cli.main(["made-up"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"error: {error}\n"


def test_interrupted(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(KeyboardInterrupt()))
    assert cli.main(["made-up"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("a mistake of ours"), KeyError("ours")])
def test_a_programming_error_keeps_its_traceback(
    command: Callable[..., None], error: Exception
) -> None:
    command(raising(error))
    with pytest.raises(type(error), match="ours"):
        cli.main(["made-up"])


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--numbr", "3"], "unrecognized arguments: --numbr 3"),
        (["--num", "3"], "unrecognized arguments"),  # no abbreviations
        (["--number", "three"], "invalid int value: 'three'"),
        (["--number"], "expected one argument"),
    ],
)
def test_a_wrong_option_gets_one_sentence(
    command: Callable[..., None],
    arguments: list[str],
    part: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command(lambda args: 0)
    with pytest.raises(SystemExit) as caught:
        cli.main(["made-up", *arguments])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert part in err
    assert err.startswith("error: ")
    assert err.endswith("(see python -m compare made-up --help)\n")
    assert err.count("\n") == 1


def test_help_goes_to_standard_output(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(lambda args: 0)
    with pytest.raises(SystemExit) as caught:
        cli.main(["made-up", "--help"])
    assert caught.value.code == 0
    out, err = capsys.readouterr()
    assert "What it is for." in out
    assert "--number" in out
    assert err == ""


@pytest.mark.parametrize("text", ["'x'", "'x' * 100_000"])
def test_a_reader_who_has_left(text: str) -> None:
    """`python -m compare | head`: also when all fits in the last buffer."""
    script = (
        "import sys, types\n"
        "from compare import cli\n"
        "module = types.ModuleType('made_up')\n"
        "module.add_arguments = lambda parser: None\n"
        f"module.run = lambda args: sys.stdout.write({text}) and 0\n"
        "sys.modules['compare.made_up.command'] = module\n"
        "cli.COMMANDS['made_up'] = ''\n"
        "sys.stdin.read()\n"  # until the reader has left
        "sys.exit(cli.main(['made_up']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        error = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert error == ""


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["--imp", "torch"], "--impl"),
        (["chek", "my_mlp.py"], "check"),
        (["--impl", "nump"], "numpy"),
        (["--activation", "rely"], "relu"),
        (["--recipe", "defalt"], "default"),
        (["profile", "--threds=2"], "--threads"),
    ],
)
def test_the_nearest_name_is_suggested(
    words: list[str], near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = cli.main(words)
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert f"(did you mean {near}?)" in capsys.readouterr().err


def test_nothing_is_suggested_for_a_word_like_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--zzzzqqq"])
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "check", "sweep"])
def test_help_fits_the_terminal(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prose, options, and the lists of commands and examples."""
    monkeypatch.setenv("COLUMNS", "72")
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith("usage: ")
    assert max(map(len, rest.splitlines())) <= 72
    assert "\n\n  python -m compare" not in rest  # each example below its heading
