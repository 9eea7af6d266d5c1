"""Checks many files side by side, each in a process of its own, and keeps what came.

A file that cannot be imported, hangs or ends the program is a result like any other.
Refuses to lose what is done when it is interrupted.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from compare.check.marking.submissions import Submission
from compare.check.watch import check_in_process, report_of_failure
from compare.errors import UsageError
from compare.measure.transport import Child


@dataclass(frozen=True)
class Mark:
    """What came of one submission: its report, as JSON has it."""

    label: str
    report: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether no gate failed."""
        return bool(self.report["passed"])

    @property
    def failed_gates(self) -> list[str]:
        """Names of the gates that failed."""
        return [g["gate"] for g in self.report["gates"] if g["passed"] is False]

    @property
    def choices(self) -> str:
        """What is another choice than the contract's, and no mistake, in words."""
        return "; ".join(d["words"] for d in self.report.get("differences", []))

    def count(self, passed: bool | None) -> int:
        """Return how many gates passed, failed (False), or did not run (None)."""
        return sum(gate["passed"] is passed for gate in self.report["gates"])

    @property
    def problem(self) -> str:
        """Why it could not be checked to the end; empty if it could."""
        return str(self.report.get("problem", ""))

    @property
    def titles(self) -> list[str]:
        """The mistakes that were named, in words."""
        return [
            finding["titles"][0]
            for finding in self.report["findings"]
            if finding["mistake"]
        ]


def mark_all(
    found: list[Submission],
    options: dict[str, Any],
    tell: Callable[[int, Mark], None],
    jobs: int | None = None,
) -> Iterator[Mark]:
    """Yield a mark for each submission, in their order; `tell` hears of each when done.

    Interrupted, it ends the processes, yields what is done, and raises again.
    """
    processes: list[Child] = []
    done: dict[str, Mark] = {}
    pool = ThreadPoolExecutor(max_workers=jobs or os.cpu_count() or 1)
    waiting: dict[Future[Mark], Submission] = {
        pool.submit(mark, one, options, processes): one for one in found
    }
    interrupted = False
    try:
        for future in as_completed(waiting):
            result = future.result()
            done[result.label] = result
            tell(len(done), result)
    except KeyboardInterrupt:
        interrupted = True
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.stop()
    pool.shutdown()
    yield from (done[one.label] for one in found if one.label in done)
    if interrupted:
        raise KeyboardInterrupt


def mark(
    one: Submission,
    options: dict[str, Any],
    processes: list[Child] | None = None,
) -> Mark:
    """Return the mark of one submission, whatever its code does."""
    asked = options | {"label": one.label, "folder": one.folder}
    try:
        outcome = check_in_process(
            one.target, asked, lambda text: None, started=processes
        )
    except UsageError as error:
        return Mark(one.label, report_of_failure(one.label, str(error)))
    return Mark(one.label, outcome.report)
