"""The styles of `styles/`, right and with the mistakes of `wrong.toml` in them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.check.api import Run
from compare.check.lines.reading import read
from compare.check.lines.result import Reading

HERE = Path(__file__).parent
STYLES = tuple(sorted(path.stem for path in (HERE / "styles").glob("*.py")))
LISTED = tomllib.loads((HERE / "wrong.toml").read_text("utf-8"))


@dataclass(frozen=True)
class WrongFile:
    """A style with one line changed."""

    style: str
    old: str
    new: str

    @property
    def text(self) -> str:
        """The wrong file."""
        text = right_text(self.style)
        assert text.count(self.old) == 1, (self.style, self.old)
        return text.replace(self.old, self.new)

    @property
    def changed_lines(self) -> set[int]:
        """Where it differs from the right one."""
        pairs = zip(
            right_text(self.style).splitlines(), self.text.splitlines(), strict=True
        )
        return {k for k, (one, other) in enumerate(pairs, 1) if one != other}

    def __str__(self) -> str:
        """Return style and the new line, for pytest."""
        return f"{self.style}: {self.new.strip()}"


def right_text(style: str) -> str:
    return (HERE / "styles" / f"{style}.py").read_text("utf-8")


def options_of(style: str) -> dict[str, Any]:
    return dict(LISTED[style].get("options", {}))


def wrong_files() -> Iterator[WrongFile]:
    for style in STYLES:
        for old, new in LISTED[style]["edits"]:
            yield WrongFile(style, old, new)


def reading_of(
    text: str, folder: Path, *, search: bool = True, **options: Any
) -> Reading:
    """Read a file of this text."""
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    run = Run(whole_epoch=False, hyper_parameters=options)
    return read(run._subject(str(path), str(path)), search=search)
