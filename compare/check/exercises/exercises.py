"""Exercises: files with one planted mistake, from easy to hard.

Each is `network.py`, a readable network without a mistake, with a line or two changed
as `exercises.toml` says. The file tells what is known to be wrong, as a user would see
it, never where.
"""

import os
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from compare.check.exercises.variants import variant
from compare.errors import UsageError
from compare.files import write_text

HERE = Path(__file__).parent
NETWORK = HERE / "network.py"
LEVELS = ("easy", "medium", "hard")


@dataclass(frozen=True)
class Exercise:
    """One exercise: what its victim noticed, and what is changed in the network.

    `mistake` is its key in the catalogue; `edits` are pairs of old and new text;
    `defaults` are hyper-parameters under which it shows.
    """

    level: str
    symptom: str
    mistake: str
    edits: tuple[tuple[str, str], ...]
    defaults: dict[str, Any] = field(default_factory=dict)


@cache
def all_exercises() -> tuple[Exercise, ...]:
    """Return the exercises, easy ones first."""
    listed = tomllib.loads((HERE / "exercises.toml").read_text("utf-8"))["exercise"]
    return tuple(
        Exercise(**{**one, "edits": tuple(map(tuple, one["edits"]))}) for one in listed
    )


def source(number: int, seed: int | None = None) -> str:
    """Return the file of exercise `number`, counted from 1.

    With a `seed`, a variant: other names, another layer, the same kind of mistake.

    Raises
    ------
    UsageError
        If there is no such exercise.
    """
    exercise = find(number)
    text = planted(exercise.edits)
    for name, value in exercise.defaults.items():
        text = _with_default(text, name, value)
    if seed is not None:
        text = variant(text, seed)
    name = file_name(number, seed)
    head = f'''"""Exercise {number} ({exercise.level}): this network has one mistake.

What was noticed: {exercise.symptom}

Look which gates fail, and think, before you ask for the line, and for the mistake:

    python -m compare check {name}:MyMLP --hint 1
    python -m compare check {name}:MyMLP --hint 2
    python -m compare check {name}:MyMLP --hint 3

Mend the line, and check again.
"""
'''
    return head + text.split('"""\n', 1)[1]


def planted(edits: tuple[tuple[str, str], ...]) -> str:
    """Return the text of the network with some texts replaced.

    Raises
    ------
    LookupError
        If an old text does not stand there exactly once.
    """
    text = NETWORK.read_text("utf-8")
    for old, new in edits:
        if text.count(old) != 1:
            raise LookupError(f"{old!r} must stand in {NETWORK.name} once")
        text = text.replace(old, new)
    return text


def _with_default(text: str, name: str, value: object) -> str:
    """Return the text with another default of one hyper-parameter."""
    start = text.index(f"        {name}=")
    end = text.index(",\n", start)
    written = f'"{value}"' if isinstance(value, str) else repr(value)
    return f"{text[:start]}        {name}={written}{text[end:]}"


def find(number: int) -> Exercise:
    """Return exercise `number`, counted from 1."""
    exercises = all_exercises()
    if not 1 <= number <= len(exercises):
        raise UsageError(
            f"--exercise must be a number from 1 to {len(exercises)}, got {number}"
        )
    return exercises[number - 1]


def file_name(number: int, seed: int | None = None) -> str:
    """Return the name of the file of an exercise."""
    return f"exercise_{number}{'' if seed is None else f'_seed_{seed}'}.py"


def write(number: int, folder: Path, seed: int | None = None) -> Path:
    """Write exercise `number` into `folder` and return its path.

    Raises
    ------
    UsageError
        If there is no such exercise, or the file is there already.
    """
    text, path = source(number, seed), folder / file_name(number, seed)
    if os.path.lexists(path):
        raise UsageError(
            f"{path} is there already, perhaps half mended: move it, or delete it"
        )
    write_text(path, text)
    return path


def overview() -> str:
    """Return the list of exercises, without the answers."""
    width = max(len(exercise.level) for exercise in all_exercises())
    lines = [
        f"{number:>3}  {exercise.level:<{width}}  {exercise.symptom}"
        for number, exercise in enumerate(all_exercises(), 1)
    ]
    return "\n".join(lines)
