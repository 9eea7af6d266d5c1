"""A laboratory in a process of its own, and a browser to look at it."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from compare.measure.transport import ROOT
from tests.started import command, environment

ENGINES = ("numpy", "sklearn")


@dataclass
class Lab:
    """A running laboratory; `ask` speaks to it as a page does."""

    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    @property
    def key(self) -> str:
        return urlsplit(self.address).path.strip("/")

    def ask(
        self, place: str, body: bytes | None = None, *, method: str = "", **headers: str
    ) -> tuple[int, bytes]:
        return self.raw(f"/{self.key}/{place}", body, method=method, **headers)

    def raw(
        self, path: str, body: bytes | None = None, *, method: str = "", **headers: str
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(
                method or ("GET" if body is None else "POST"), path, body, named
            )
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def json(self, place: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        status, answer = self.ask(place, body)
        assert status == 200, answer
        return json.loads(answer)

    def lines(self, place: str, body: bytes) -> list[dict[str, Any]]:
        status, answer = self.ask(place, body)
        assert status == 200, answer
        return [json.loads(line) for line in answer.splitlines()]

    def training(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json("state")["training"]
        return found

    def wait_until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, "the laboratory has ended"
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)

    def ready(self, n_engines: int = len(ENGINES)) -> None:
        def started() -> bool:
            engines = self.json("state")["engines"]
            return all(engine["status"] != "starting" for engine in engines)

        self.wait_until(started)
        found = [engine["status"] for engine in self.json("state")["engines"]]
        assert found == ["ready"] * n_engines


def start(model: Path, *options: str, folder: Path) -> Lab:
    """Start a laboratory; its first line is the page's address."""
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            [
                *command("lab", "--port", "0", "--no-browser", "--model", model),
                *("--impl", *ENGINES, *options),
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=environment() | {"TMPDIR": str(folder)},
        )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), (folder / "errors").read_text()
    return Lab(process, address)


def browsers() -> Iterator[Any]:
    """Yield a browser without a window, or skip with the reason."""
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="selenium is not installed: requirements.txt"
    )
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"),
        *("--window-size=1400,1000", "--disable-background-networking"),
    ):
        options.add_argument(argument)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(30)
    yield driver
    driver.quit()


def opened(browser: Any, lab: Lab) -> Any:
    """Return the browser with the page open and connected, its board empty."""
    browser.get(lab.address)
    lab.wait_until(
        lambda: browser.execute_script(
            "return document.documentElement.dataset.ready === 'true' && "
            "!document.getElementById('answers').textContent.includes('starting')"
        )
    )
    return browser
