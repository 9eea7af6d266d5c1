"""The parent of `worker.py`: prints what it sends, and ends it when it hangs."""

import contextlib
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare.errors import UsageError
from compare.show import terminal

# The worker notices most endless loops by itself, and can say where they are.
GRACE_SECONDS = 3.0
# One thread: small matrices, and a check must not depend on the machine.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LINE = re.compile(r"\bline (\d+)")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Outcome:
    """What came back: the report as a dictionary."""

    passed: bool
    report: dict[str, Any]
    gates: list[dict[str, Any]] = field(default_factory=list)


def check_in_process(
    target: str,
    options: dict[str, Any],
    write: Callable[[str], None],
    started: "list[subprocess.Popen[str]] | None" = None,
) -> Outcome:
    """Run a check in a process of its own; `write` gets the text as it comes.

    `options` are those of `api.Run`; the process is noted in `started`, for who may
    have to end it.

    Raises
    ------
    UsageError
        As `compare.check`, with the user's own traceback below the sentence.
    """
    environment = os.environ | terminal.of_parent()
    for name in ONE_THREAD:
        environment.setdefault(name, "1")
    environment["COLUMNS"] = str(shutil.get_terminal_size((100, 24)).columns)
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT), environment.get("PYTHONPATH", "")])
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "compare.check.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
        encoding="utf-8",
    )
    if started is not None:
        started.append(process)
    try:
        return _watch(process, target, options, write)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _watch(
    process: "subprocess.Popen[str]",
    target: str,
    options: dict[str, Any],
    write: Callable[[str], None],
) -> Outcome:
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    if process.stdin is not None:
        process.stdin.write(json.dumps({"target": target, "options": options}))
        process.stdin.close()
    gates: list[dict[str, Any]] = []
    call, limit = "", 0.0
    while True:
        try:
            line = lines.get(timeout=limit + GRACE_SECONDS if call else None)
        except queue.Empty:
            return _lost(
                target,
                gates,
                f"{call} was still running after {limit:g} s, and had to be killed "
                "from outside: an endless loop? (--time-limit gives it longer)",
                write,
            )
        if line is None:
            code = process.wait()
            return _lost(
                target,
                gates,
                f"the program ended by itself{f' during {call}' if call else ''} "
                f"(exit code {code})",
                write,
            )
        event = json.loads(line)
        if "usage_error" in event:
            trace = event["trace"]
            raise UsageError(event["usage_error"] + (f"\n{trace}" if trace else ""))
        call, limit = event.get("call", call), event.get("limit", limit)
        if "gate" in event:
            gates.append(event["gate"])
        if "text" in event:
            write(event["text"])
        if "report" in event:
            report = event["report"]
            return Outcome(report["passed"], report, gates)


def _read(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    # The pipe may be closed from the other side of this thread, when all is told.
    with contextlib.suppress(ValueError):
        for line in process.stdout or ():
            lines.put(line)
    lines.put(None)


def _lost(
    target: str,
    gates: list[dict[str, Any]],
    sentence: str,
    write: Callable[[str], None],
) -> Outcome:
    """Return the outcome of a check that could not end."""
    write(f"\n{target} fails: {sentence}.")
    report = report_of_failure(target, sentence, gates)
    return Outcome(False, report, gates)


def report_of_failure(
    label: str, problem: str, gates: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return a report, as JSON has it, of what could not be checked to the end.

    `problem` is the sentence, with the user's own traceback below it; the last line of
    code that it names is the departure.
    """
    places = list(LINE.finditer(problem))
    departure = None
    if places:
        departure = {
            "line": int(places[-1][1]),
            "variable": "",
            "expected": "code that runs to its end",
            "relation": problem.splitlines()[0],
        }
    return {
        "label": label,
        "passed": False,
        "problem": problem,
        "mistakes": [],
        "gates": gates or [],
        "findings": [],
        "notes": [],
        "seconds": None,
        "departure": departure,
        "lines": [],
    }
