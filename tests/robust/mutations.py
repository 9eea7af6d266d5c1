"""Seeded damage to a JSON file: one value of another type, range, length or place."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    7,
    2**70,
    -0.5,
    1.5,
    1e308,
    "",
    "x",
    "\x1b[31m\ud800",
    [],
    [1],
    {},
    {"a": 1},
)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value inside, containers too."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def mutate(document: Any, rng: random.Random) -> tuple[Path, str, bytes]:
    """Return what was done, where, and the file."""
    changed = copy.deepcopy(document)
    path: Any = rng.choice(list(paths(document)))
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    kind = rng.choice(("strange", "strange", "strange", "gone", "twice", "text"))
    if kind == "gone":
        del holder[key]
    elif kind == "twice" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif kind == "text":
        content = json.dumps(changed).encode()
        place = rng.randrange(len(content))
        cut = rng.random() < 0.5
        damaged = content[:place] + (b"" if cut else b"NaN" + content[place + 1 :])
        return (), kind, damaged
    else:
        kind = "strange"
        holder[key] = rng.choice([v for v in STRANGE if v != holder[key]])
    return path, kind, json.dumps(changed).encode()
