"""What a route is asked and what it answers, apart from how that travels."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"
BINARY = "application/octet-stream"


class RefusedError(Exception):
    """A request that gets a status and a sentence, and nothing else."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What a route is given; `body` is within the route's limit."""

    query: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, or refuse."""
        try:
            content = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, "The request must hold a JSON object."
            )
        return content

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a number of the query, or refuse."""
        text = self.query.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            value = -1
        else:
            value = int(text)
        if not low <= value <= high:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"{name} must be a whole number from {low} to {high}, "
                f"got {text[:20]!r}.",
            )
        return value


@dataclass(frozen=True)
class Response:
    """What a route gives back; parts of an endless `body` are sent as they come."""

    body: bytes | Generator[bytes]
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Any) -> "Response":
        """Return anything that JSON can hold."""
        return cls(json.dumps(content).encode())
