"""The server of the laboratory: who may ask, how much, and in which form.

It listens on 127.0.0.1 and nowhere else. Every address begins with a random key, so
that no other page of the browser and no other user of the machine can ask; the Host
must be this machine's own, so that no name that somebody else points here gets through
(DNS rebinding). Whatever is refused gets a status and a sentence.

What each address does is in `routes.py`.
"""

import contextlib
import hmac
import secrets
import socket
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from compare.errors import UsageError
from compare.lab.messages import JSON, TEXT, RefusedError, Request, Response
from data import DataError

if TYPE_CHECKING:
    from compare.lab.routes import Routes

ADDRESS = "127.0.0.1"
SECONDS_TO_SEND = 30.0
# What a refused request still sends is read and thrown away, so that its sender gets
# to see the answer; but not for ever.
MOST_THROWN_AWAY, SECONDS_TO_THROW_AWAY = 2**28, 5.0

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class LabServer(ThreadingHTTPServer):
    """A server for one session, with a key of its own."""

    daemon_threads = True
    request_queue_size = 64
    # The port of the last laboratory can be used again at once.
    allow_reuse_address = True

    def __init__(self, routes: "Routes", port: int = 0) -> None:
        self.key = secrets.token_urlsafe(24)
        self.routes = routes
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"port {port} cannot be used ({reason}); --port 0 takes a free one"
            ) from error

    @property
    def hosts(self) -> tuple[str, str]:
        """What a browser on this machine may call it."""
        port = self.server_address[1]
        return f"{ADDRESS}:{port}", f"localhost:{port}"

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self.hosts[0]}/{self.key}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that was closed while it was answered."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One request: refused, or handed to its route."""

    server: LabServer
    server_version, sys_version = "lab", ""
    timeout = SECONDS_TO_SEND

    def do_GET(self) -> None:  # the name that http.server calls
        """Answer a request without a body."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a request with a body."""
        self._answer("POST")

    def _answer(self, method: str) -> None:
        try:
            response = self._respond(method)
        except RefusedError as refused:
            self.send_error(refused.status, str(refused))
            return
        except (UsageError, DataError) as error:
            self.send_error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
            return
        except ConnectionError:
            raise
        except Exception:
            self.send_error(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Something failed that should not; the terminal shows what.",
            )
            raise
        self._send(response)

    def _send(self, response: Response) -> None:
        body, kind = response.body, response.kind
        if kind.startswith("text/") or kind == JSON:
            kind += "; charset=utf-8"
        headers = HEADERS | {"Content-Type": kind} | response.headers
        if isinstance(body, bytes):
            headers["Content-Length"] = str(len(body))
        self.send_response(HTTPStatus.OK)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if isinstance(body, bytes):
            self.wfile.write(body)
            return
        with contextlib.closing(body):
            for part in body:
                self.wfile.write(part)
                self.wfile.flush()

    def _respond(self, method: str) -> Response:
        self._check_host()
        place, query = self._place()
        route = self.server.routes.find(method, place)
        body = self._body(route.limit) if method == "POST" else b""
        return route.answer(Request(query, body))

    def _check_host(self) -> None:
        hosts = self.server.hosts
        given = self.headers.get_all("Host") or []
        if len(given) != 1 or given[0].lower() not in hosts:
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                f"This server answers to {hosts[0]} only.",
            )
        origin = self.headers.get("Origin")
        if origin is not None and origin not in [f"http://{host}" for host in hosts]:
            raise RefusedError(
                HTTPStatus.FORBIDDEN, "Another page may not ask this server."
            )

    def _place(self) -> tuple[str, dict[str, str]]:
        """Return what follows the key in the address."""
        try:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, max_num_fields=20))
        except ValueError:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, "This is no address of this server."
            ) from None
        key, _, place = parts.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(key.encode(), self.server.key.encode()):
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                "The address lacks the key: open the one that "
                "`python -m compare lab` has printed.",
            )
        return place, query

    def _body(self, limit: int) -> bytes:
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Transfer-Encoding") or not length:
            raise RefusedError(
                HTTPStatus.LENGTH_REQUIRED,
                "The request must say how long it is (Content-Length).",
            )
        if not (length.isascii() and length.isdigit()):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, "Content-Length must be a whole number."
            )
        if len(length) > 12 or int(length) > limit:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The request may have {limit:,} bytes, and has more.",
            )
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, "The request ended before its end."
            )
        return body

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Send a status and a sentence; http.server calls this too."""
        body = f"{_sentence(message or HTTPStatus(code).phrase)}\n".encode()
        self.close_connection = True
        # A request so broken that it has no version gets a status all the same.
        self.request_version = self.protocol_version
        self.send_response(code, HTTPStatus(code).phrase)
        headers = HEADERS | {
            "Content-Type": f"{TEXT}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self._throw_away()

    def _throw_away(self) -> None:
        """Let the sender finish: closed at once, it would see a reset, no answer."""
        left = MOST_THROWN_AWAY
        end = time.monotonic() + SECONDS_TO_THROW_AWAY
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            while left > 0 and time.monotonic() < end:
                part = self.connection.recv(65536)
                if not part:
                    return
                left -= len(part)
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # its name
        """Write nothing: an address holds the key."""


def _sentence(text: str) -> str:
    """Return what an error says as a sentence of the page."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else text + "."
