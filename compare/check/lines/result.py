"""What reading a file found: the line that is wrong, and what each line computes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Computed:
    """What a line computes: `variable` is what the line assigns to."""

    file: str
    line: int
    variable: str
    computes: str

    def to_dict(self) -> dict[str, Any]:
        """Return line, variable and quantity for JSON."""
        return {
            "line": self.line,
            "variable": self.variable,
            "computes": self.computes,
        }


@dataclass(frozen=True)
class WrongLine:
    """A line that leaves the right way.

    Attributes
    ----------
    text : str
        The expression that is wrong.
    topic : str
        In which question it shows.
    is_proved : bool
        Whether the right value in its place mends `mended`; `still_wrong` remain.
    """

    file: str
    line: int
    column: int
    end_column: int
    variable: str
    text: str
    expected: str
    relation: str
    topic: str
    is_proved: bool = True
    mended: tuple[str, ...] = ()
    still_wrong: tuple[str, ...] = ()

    def to_dict(self, *, relation: bool = True) -> dict[str, Any]:
        """Return the four fields that other programs read; two, without `relation`."""
        return {
            "line": self.line,
            "variable": self.variable,
            "expected": self.expected if relation else "",
            "relation": self.relation if relation else "",
        }


@dataclass
class Reading:
    """What came of reading a file.

    Attributes
    ----------
    wrong : list
        The lines that are wrong, the first one first.
    unexplained : WrongLine or None
        Where no line could be found to be wrong: the first that is like nothing known.
    refusal : str
        Why nothing was read.
    """

    wrong: list[WrongLine] = field(default_factory=list)
    unexplained: WrongLine | None = None
    lines: list[Computed] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    sources: dict[str, list[str]] = field(default_factory=dict)
    refusal: str = ""

    @property
    def departure(self) -> WrongLine | None:
        """Return the first line that is wrong, or None."""
        return self.wrong[0] if self.wrong else None

    def to_dict(self, *, relation: bool = True) -> dict[str, Any]:
        """Return `departure`, `lines` and the facts of training for JSON.

        Without `relation`: where, and no more.
        """
        first = self.departure
        return {
            "departure": first.to_dict(relation=relation) if first else None,
            "lines": [line.to_dict() for line in self.lines] if relation else [],
            "training": self.facts if relation else [],
        }


def short_name(file: str) -> str:
    """Return the name of a file without its folders."""
    return Path(file).name
