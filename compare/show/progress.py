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
from rich.table import Column

# Without a terminal, say something this often: enough to see that work goes on.
SECONDS_BETWEEN_LINES = 10.0


class Steps:
    """Count the steps of one piece of work.

    Use as a context manager. Nothing is drawn while a clock runs: the caller calls
    `advance` between measurements, and the bar does not redraw by itself. `news` is a
    word on how the work is going, an accuracy for example.
    """

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done = title, total, 0
        self._last_line = time.monotonic()
        # The steps done, and when, as the first of them ended.
        self._first: tuple[int, float] | None = None
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            # The news take what the others leave, and are cut before these are.
            the_rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[news]}", table_column=the_rest),
                console=Console(stderr=True),
                expand=True,
                auto_refresh=False,
                transient=True,
            )

    def __enter__(self) -> "Steps":
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(self.title, total=self.total, news="")
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

    def advance(self, n_steps: int = 1, news: str = "") -> None:
        """So many steps are done, or turned out not to be needed."""
        self.done += n_steps
        now = time.monotonic()
        self._first = self._first or (self.done, now)
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, news=news)
            self._bar.refresh()
        elif now - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = now
            sys.stderr.write(f"{self._line(now, news)}\n")
            sys.stderr.flush()

    def _line(self, now: float, news: str) -> str:
        """Return how far the work is, and how long the rest takes at this pace.

        The pace is that since the first step, which waits for processes to start.
        """
        parts = [f"{self.title}: {self.done:,} of {self.total:,}"]
        done, start = self._first or (self.done, now)
        if done < self.done < self.total:
            left = (now - start) * (self.total - self.done) / (self.done - done)
            parts.append(f"about {in_words(left)} left")
        return "; ".join(filter(None, [", ".join(parts), news]))


def in_words(seconds: float) -> str:
    """40 s, 3 min, 2.5 h: as exactly as an estimate deserves."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
