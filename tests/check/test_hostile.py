"""Whatever the code under test does, one clear sentence comes back."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare.check import api
from compare.check.exercises.network import MyMLP
from compare.check.findings import Report
from compare.check.lines.result import Reading
from compare.errors import UsageError
from tests.check.share import every, only
from tests.check.zoo.loading import SIZES

OK: dict[str, Any] = dict(whole_epoch=False, layer_sizes=SIZES, time_limit_seconds=0.5)


def overriding(**methods: Any) -> Any:
    return type("Hostile", (MyMLP,), methods)


def check(cls: Any) -> Report:
    report: Report = api.check(cls, **OK)
    report.read = Reading  # the lines of this file would be read each time
    text = str(report)
    assert "Traceback" not in text
    assert "compare/check/" not in text.replace("compare/check/exercises", "")
    return report


def raises(self: Any, *args: Any) -> None:
    raise KeyError("no such layer")


def loops(self: Any, *args: Any) -> None:
    while True:
        pass


def exits(self: Any, *args: Any) -> None:
    raise SystemExit(3)


METHODS = (
    "set_weights",
    "get_weights",
    "train_epoch",
    "predict_proba",
    "loss_and_gradients",
)


@pytest.mark.parametrize("method", only(("train_epoch", "predict_proba"), METHODS))
def test_a_method_that_raises_shows_where(method: str) -> None:
    report = check(overriding(**{method: raises}))
    assert not report.passed
    assert f"{method} raised KeyError: 'no such layer'" in str(report)
    assert 'raise KeyError("no such layer")' in str(report)
    assert "test_hostile.py" in str(report)


@pytest.mark.parametrize("method", every(2, ["predict_proba", "set_weights"]))
def test_an_endless_loop_is_interrupted(method: str) -> None:
    report = check(overriding(**{method: loops}))
    assert not report.passed
    assert f"{method} was still running after 0.5 s: an endless loop?" in str(report)
    assert "in loops" in str(report)


def test_a_constructor_that_raises() -> None:
    def init(self: Any, **options: Any) -> None:
        raise ValueError("I take no options")

    report = check(overriding(__init__=init))
    assert not report.passed
    assert "creating Hostile raised ValueError: I take no options" in str(report)


def test_a_method_that_ends_the_program() -> None:
    report = check(overriding(predict_proba=exits))
    assert "predict_proba ended the program with exit code 3" in str(report)


def test_a_missing_method() -> None:
    class Half:
        def set_weights(self, weights: Any) -> None: ...

    report = check(Half)
    assert not report.passed
    assert "lacks the methods get_weights, train_epoch, predict_proba" in str(report)


def test_printing_is_kept_away(capsys: pytest.CaptureFixture[str]) -> None:
    def talks(self: Any, X: Any) -> Any:
        import sys

        sys.stdout.write("hello\n")
        sys.stderr.write("hello\n")
        return MyMLP.predict_proba(self, X)

    report = check(overriding(predict_proba=talks))
    assert report.passed
    assert capsys.readouterr() == ("", "")
    assert any("It prints" in note for note in report.notes)


def test_warnings_are_told_not_raised() -> None:
    def careless(self: Any, z: Any) -> Any:
        np.exp(1e4 + 0 * z)
        return MyMLP.softmax(self, z)

    report = check(overriding(softmax=careless))
    assert report.passed
    assert any("overflow encountered in exp" in note for note in report.notes)


RETURNS: dict[str, tuple[str, Any, str]] = {
    "None": ("predict_proba", lambda self, X: None, "the result must be a NumPy array"),
    "a list": (
        "predict_proba",
        lambda self, X: MyMLP.predict_proba(self, X).tolist(),
        "must be a NumPy array, got a list",
    ),
    "NaN": (
        "predict_proba",
        lambda self, X: MyMLP.predict_proba(self, X) * np.nan,
        "values that are NaN",
    ),
    "classes": (
        "predict_proba",
        lambda self, X: MyMLP.predict_proba(self, X).argmax(axis=1),
        "must have a floating point dtype, got int64",
    ),
    "the wrong shape": (
        "predict_proba",
        lambda self, X: MyMLP.predict_proba(self, X).T,
        "must have shape",
    ),
    "one array": ("get_weights", lambda self: self.W[0], "but it is an array of shape"),
    "a short list": (
        "get_weights",
        lambda self: MyMLP.get_weights(self)[:1],
        "a list of 3 pairs (W, b) is expected, but it has 1 entries",
    ),
    "a string": ("get_weights", lambda self: "weights", "but it is a str"),
    "lists in pairs": (
        "get_weights",
        lambda self: [(W.tolist(), b.tolist()) for W, b in MyMLP.get_weights(self)],
        "W[0] must be a NumPy array, got a list",
    ),
    "only the loss": (
        "loss_and_gradients",
        lambda self, X, y: MyMLP.loss_and_gradients(self, X, y)[0],
        "loss_and_gradients must return (loss, [(dW, db), ...]), got a float",
    ),
    "no gradients": (
        "loss_and_gradients",
        lambda self, X, y: (0.5, None),
        "it is None (is a return missing?)",
    ),
    "None in pairs": (
        "loss_and_gradients",
        lambda self, X, y: (0.5, [(None, None)] * 3),
        "dW[0] is None",
    ),
    "an array as loss": (
        "loss_and_gradients",
        lambda self, X, y: (y * 1.0, MyMLP.loss_and_gradients(self, X, y)[1]),
        "the loss must be one number",
    ),
}


# One of each method by default.
QUICK = ("NaN", "a short list", "no gradients")


@pytest.mark.parametrize("what", only(QUICK, RETURNS))
def test_wrong_returns(what: str) -> None:
    method, function, sentence = RETURNS[what]
    report = check(overriding(**{method: function}))
    assert not report.passed
    assert sentence in str(report), report
    assert not report.mistakes


# --- names and files --------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nothing_here.py:MyMLP", "nothing_here.py is not a file"),
        ("nothing_here.py", "nothing_here.py is not a file"),
        ("no.such.package:MyMLP", "importing no.such.package failed"),
        ("numpie", "unknown implementation 'numpie'"),
        ("examples/my_mlp.py:Mlp", "has no 'Mlp'; it defines np, MyMLP"),
        ("examples/my_functions.py:np", "is not a class or function"),
        ("examples/test_my_mlp.py", "no class with the methods|MyMLP"),
    ],
)
def test_a_target_that_is_not_there(target: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        api.check(target)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named"),
        ("def f(:\n    pass", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("while True: pass", "was still running after 0.3 s"),
        ("x = 1", "has no function forward"),
    ],
)
def test_a_file_that_does_not_import(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(UsageError, match=re.escape(sentence)):
        api.check(str(path), time_limit_seconds=0.3)


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "rmsprop"},
        {"learning_rate": -1},
        {"colour": "red"},
        {"time_limit_seconds": 0},
        {"dropout": 0.5},
    ],
)
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        api.check(MyMLP, **options)


def test_wrong_targets() -> None:
    with pytest.raises(UsageError, match="one class or name, or two functions"):
        api.check()
    with pytest.raises(UsageError, match="two functions"):
        api.check(MyMLP, "numpy")
    with pytest.raises(UsageError, match="sklearn refuses"):
        api.check("sklearn", optimizer="adamw")


def test_functions_that_misbehave() -> None:
    def forward(weights: Any, X: Any) -> Any:
        raise IndexError("layer 7")

    def endless(weights: Any, X: Any) -> Any:
        while True:
            pass

    report = api.check(forward, forward)
    assert not report.passed
    assert "forward raised IndexError: layer 7" in str(report)
    report = api.check(endless, endless, time_limit_seconds=0.3)
    assert "forward was still running after 0.3 s" in str(report)
