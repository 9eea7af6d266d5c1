"""Whatever ends the laboratory, no process stays behind."""

import signal
import socket
import threading
from pathlib import Path

import pytest

from compare.lab.closing import Closing
from tests.lab import laboratory
from tests.lab.laboratory import Lab
from tests.started import gone, wait_until, workers


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
)
def test_the_engines_end_with_the_server(
    how: signal.Signals, model_path: Path, tmp_path: Path
) -> None:
    lab = laboratory.start(model_path, folder=tmp_path)
    lab.ready()
    lab.json("training/start", {"n_epochs": 50})
    processes = workers(lab.process.pid)
    assert len(processes) == len(laboratory.ENGINES)
    lab.process.send_signal(how)
    code = lab.process.wait(20)
    wait_until(lambda: gone(processes))
    assert lab.process.stdout is not None
    lab.process.stdout.close()
    if how is signal.SIGKILL:
        return
    assert code == 0
    assert "closed" in (tmp_path / "errors").read_text()
    assert "Traceback" not in (tmp_path / "errors").read_text()
    assert list(tmp_path.iterdir()) == [tmp_path / "errors"]


def listening(lab: Lab) -> socket.socket:
    """Open what a page keeps open: the stream of news."""
    talk = socket.create_connection(("127.0.0.1", lab.port), timeout=20)
    head = f"GET /{lab.key}/events HTTP/1.0\r\nHost: 127.0.0.1:{lab.port}\r\n\r\n"
    talk.sendall(head.encode())
    assert talk.recv(100).startswith(b"HTTP/1.0 200")
    return talk


@pytest.mark.slow
def test_the_engines_end_with_the_last_page_and_come_back(
    model_path: Path, tmp_path: Path
) -> None:
    lab = laboratory.start(model_path, folder=tmp_path)
    try:
        lab.ready()
        first, second = listening(lab), listening(lab)
        first.close()
        processes = workers(lab.process.pid)
        second.close()
        wait_until(lambda: gone(processes), seconds=30)
        assert lab.process.poll() is None  # --no-browser: it waits for the next page
        with listening(lab):
            lab.ready()
    finally:
        lab.process.terminate()
        lab.process.wait(20)
        assert lab.process.stdout is not None
        lab.process.stdout.close()


class Ended:
    """Session and server in one: how many pages there are, and what has ended."""

    def __init__(self) -> None:
        self.events, self.n_listeners = self, 0
        self.stopped, self.shut_down = threading.Event(), threading.Event()

    def stop(self) -> None:
        self.stopped.set()

    def shutdown(self) -> None:
        self.shut_down.set()


@pytest.mark.parametrize("ends_with_page", [True, False])
def test_the_last_page_is_waited_for(ends_with_page: bool) -> None:
    ended = Ended()
    closing = Closing(ended, ends_with_page=ends_with_page, seconds=0.05)  # type: ignore[arg-type]  # all that it needs
    closing.server = ended  # type: ignore[assignment]
    closing.pages_open(1)
    closing.pages_open(0)
    closing.pages_open(1)  # the page was only loaded anew
    ended.n_listeners = 1
    assert not ended.stopped.wait(0.15)
    assert not ended.shut_down.is_set()
    ended.n_listeners = 0
    closing.pages_open(0)
    assert (ended.shut_down if ends_with_page else ended.stopped).wait(5)
