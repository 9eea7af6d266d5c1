"""What two results were made from, field by field: only what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compare.record.results import Results

# What is never the same twice, and says nothing.
PASSING = {"load_average_at_start", "memory_bytes"}


@dataclass(frozen=True)
class Difference:
    """One field: where it belongs, its name, and both values as text."""

    part: str
    name: str
    first: str
    second: str


def differences(first: Results, second: Results) -> list[Difference]:
    """Return the fields of plan, data and environment in which two results differ."""
    found = []
    for part, a, b in (
        ("configuration", first.plan.to_dict(), second.plan.to_dict()),
        ("data", first.data, second.data),
        ("environment", first.environment, second.environment),
    ):
        flat_a, flat_b = dict(_flat(a)), dict(_flat(b))
        for name in dict.fromkeys([*flat_a, *flat_b]):
            mine, theirs = flat_a.get(name, "not there"), flat_b.get(name, "not there")
            if mine != theirs and name not in PASSING:
                found.append(Difference(part, name, _text(mine), _text(theirs)))
    return found


def _flat(fields: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return f"{text[:16]}…" if len(text) > 40 and " " not in text else text
