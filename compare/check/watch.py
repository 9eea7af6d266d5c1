"""The parent of `worker.py`: prints what it sends, and ends it when it hangs."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from compare.errors import UsageError
from compare.measure.transport import Child, EndedError
from compare.show import terminal

# The worker notices most endless loops by itself, and can say where they are.
GRACE_SECONDS = 3.0
# One thread: small matrices, and a check must not depend on the machine.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LINE = re.compile(r"\bline (\d+)")


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
    started: list[Child] | None = None,
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
    with Child("compare.check.worker", environment) as process:
        if started is not None:
            started.append(process)
        return _watch(process, target, options, write)


def _watch(
    process: Child, target: str, options: dict[str, Any], write: Callable[[str], None]
) -> Outcome:
    gates: list[dict[str, Any]] = []
    call, limit = "", 0.0
    try:
        process.send({"target": target, "options": options})
        while True:
            event = process.receive(limit + GRACE_SECONDS if call else None)
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
    except TimeoutError:
        sentence = (
            f"{call} was still running after {limit:g} s, and had to be killed "
            "from outside: an endless loop? (--time-limit gives it longer)"
        )
    except EndedError as end:
        sentence = f"{f'during {call}, ' if call else ''}the program {end.how}"
    return _lost(target, gates, sentence, write)


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
