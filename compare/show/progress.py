"""Progress of long work, on standard error: a bar on a terminal, lines elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

# Without a terminal, say something this often: enough to see that work goes on.
SECONDS_BETWEEN_LINES = 10.0


class Steps:
    """Count the steps of one piece of work.

    Use as a context manager. Nothing is drawn while a clock runs: the caller calls
    `advance` between measurements, and the bar does not redraw by itself.
    """

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done = title, total, 0
        self._last_line = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                auto_refresh=False,
                transient=True,
            )

    def __enter__(self) -> "Steps":
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(self.title, total=self.total)
            self._bar.refresh()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, n_steps: int = 1) -> None:
        """So many steps are done, or turned out not to be needed."""
        self.done += n_steps
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
            self._bar.refresh()
        elif time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            sys.stderr.write(f"{self.title}: {self.done} of {self.total}\n")
            sys.stderr.flush()
