"""Break it: a network with a planted mistake trains beside the right one.

The mistakes are the checker's exercises, and its screen is the checker's own: both are
asked for as anybody would, by `python -m compare check`, in a process of its own.
"""

import ast
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare.errors import UsageError
from compare.lab.engines import READY, Engine, start_all
from compare.lab.settings import CHOICES
from compare.lab.training import Training
from compare.measure.transport import ROOT
from data import Dataset

CLASS = "MyMLP"
SECONDS = 120.0
# "  3  easy    The biases never change."
LISTED = re.compile(r"^\s*(\d+)\s+(\w+)\s+(\S.*)$", re.MULTILINE)
RIGHT = "numpy"


class Breaking:
    """The mistake that is chosen, its training, and the checker's words about it."""

    def __init__(
        self, folder: Path, dataset: Dataset, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self.folder, self.dataset, self._tell = folder, dataset, tell
        self._lock = threading.Lock()
        self._list: list[dict[str, Any]] = []
        self._running: set[subprocess.Popen[str]] = set()
        self.number = 0
        self.engines: list[Engine] = []
        self.training = Training(folder, dataset, self._news, from_single_steps=True)

    def exercises(self) -> list[dict[str, Any]]:
        """Return number, level and symptom of every exercise, easy ones first."""
        with self._lock:
            if not self._list:
                text = self._check("--list")
                self._list = [
                    {"number": int(number), "level": level, "symptom": symptom}
                    for number, level, symptom in LISTED.findall(text)
                ]
            return self._list

    def choose(self, number: int) -> dict[str, Any]:
        """Plant exercise `number`; return its code and what it is trained with.

        Raises
        ------
        UsageError
            If there is no such exercise, or its network does not start.
        """
        if number not in [each["number"] for each in self.exercises()]:
            raise UsageError(f"there is no exercise {number}")
        self.stop()
        path = self._path(number)
        if not path.exists():
            self._check("--exercise", str(number))
        source = path.read_text(encoding="utf-8")
        engines = [Engine(RIGHT), Engine(f"{path}:{CLASS}", label="broken")]
        for thread in start_all(engines, self._load, lambda _: None):
            thread.join()
        failed = [engine for engine in engines if engine.status != READY]
        if failed:
            reason = failed[0].reason
            for engine in engines:
                engine.stop()
            raise UsageError(f"exercise {number} did not start: {reason}")
        with self._lock:
            self.number, self.engines = number, engines
        return {"source": source, "settings": defaults_of(source)}

    def run(self, what: str, n_epochs: int) -> None:
        """Start, pause, take one step or rewind; raises UsageError."""
        if what == "pause":
            self.training.pause()
        elif what == "rewind":
            self.training.rewind()
        else:
            if not self.engines:
                raise UsageError("choose a mistake first")
            source = self._path(self.number).read_text(encoding="utf-8")
            settings = defaults_of(source) | {
                "dtype": "float64",
                "n_epochs": n_epochs,
            }
            self.training.run(self.engines, settings, one_step=what == "step")

    def diagnosis(self) -> str:
        """Return what the checker says of the chosen mistake."""
        if not self.number:
            raise UsageError("choose a mistake first")
        return self._check(f"{self._path(self.number).name}:{CLASS}", "--no-epoch")

    def stop(self) -> None:
        """End its processes and forget its training."""
        self.training.forget()
        with self._lock:
            engines, self.engines = self.engines, []
            self.number = 0
            running = list(self._running)
        for engine in engines:
            engine.stop()
        for process in running:
            process.kill()

    def _path(self, number: int) -> Path:
        return self.folder / f"exercise_{number}.py"

    def _load(self, engine: Engine) -> None:
        engine.ask("load", folder=str(self.folder))

    def _news(self, news: dict[str, Any]) -> None:
        self._tell({**news, "number": self.number})

    def _check(self, *arguments: str) -> str:
        """Run the checker in the scratch folder and return what it prints."""
        process = subprocess.Popen(
            [sys.executable, "-m", "compare", "check", *arguments],
            cwd=self.folder,
            env=checker_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._running.add(process)
        try:
            text, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise UsageError(
                f"the checker took more than {SECONDS:.0f} s and was stopped"
            ) from None
        finally:
            self._running.discard(process)
        if process.returncode not in (0, 1):
            raise UsageError(f"the checker failed: {text.strip()[-300:]}")
        return text


def checker_environment() -> dict[str, str]:
    """Return an environment in which Python finds this suite from any folder."""
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "88"}


def defaults_of(source: str) -> dict[str, Any]:
    """Return the defaults of the class's constructor that a training can choose.

    An exercise in Adam's update, say, is one only with `optimizer="adam"`.
    """
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef) or node.name != "__init__":
            continue
        arguments = node.args
        n_plain = len(arguments.defaults)
        pairs = [
            *zip(
                arguments.args[-n_plain or len(arguments.args) :],
                arguments.defaults,
                strict=False,
            ),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            if argument.arg in CHOICES and isinstance(default, ast.Constant):
                found[argument.arg] = default.value
    return found
