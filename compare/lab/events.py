"""News for the pages: what happens is sent to each that is open.

A page that opens asks first how things stand. One that does not listen any more is
forgotten, never waited for.
"""

import queue
import threading
from typing import Any

# A page that has fallen this far behind is gone, or as good as gone.
MOST_WAITING = 1000

Queue = queue.Queue[dict[str, Any]]


class Events:
    """Who listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Queue] = []

    def tell(self, kind: str, content: Any) -> None:
        """Send an event to every page; `content` is anything that JSON can hold."""
        with self._lock:
            for listener in list(self._listeners):
                try:
                    listener.put_nowait({"kind": kind, "content": content})
                except queue.Full:
                    self._listeners.remove(listener)

    def listen(self) -> Queue:
        """Return a queue that receives what is told from now on."""
        listener: Queue = queue.Queue(MOST_WAITING)
        with self._lock:
            self._listeners.append(listener)
        return listener

    def leave(self, listener: Queue) -> None:
        """Send nothing more to this queue."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    @property
    def n_listeners(self) -> int:
        """How many pages are open."""
        with self._lock:
            return len(self._listeners)
