"""When the laboratory ends: with its last page, with Ctrl-C, with the terminal.

A page that is loaded anew is gone for a moment, so the last one is waited for.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.lab.server import LabServer
    from compare.lab.session import Session

SECONDS_WITHOUT_A_PAGE = 10.0


class Closing:
    """Counts the open pages; without any, ends the engines, or the server as well."""

    def __init__(
        self,
        session: "Session",
        *,
        ends_with_page: bool,
        seconds: float = SECONDS_WITHOUT_A_PAGE,
    ) -> None:
        self.session, self.ends_with_page = session, ends_with_page
        self.seconds = seconds
        self.server: LabServer | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def pages_open(self, n_pages: int) -> None:
        """Hear how many pages are open now."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if n_pages == 0:
                self._timer = threading.Timer(self.seconds, self._end)
                self._timer.daemon = True
                self._timer.start()

    def _end(self) -> None:
        if self.session.events.n_listeners:
            return  # one has opened just now
        if self.ends_with_page and self.server is not None:
            self.server.shutdown()
        else:
            self.session.stop()


@contextmanager
def interrupts_on_termination() -> Iterator[None]:
    """Let SIGTERM and the end of the terminal be what Ctrl-C is."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    names = ("SIGTERM", "SIGHUP")
    before = {
        number: signal.signal(number, interrupt)
        for name in names
        if (number := getattr(signal, name, None)) is not None
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
