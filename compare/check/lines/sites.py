"""Places of the user's file at which a value can be seen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """One place of the user's file: an expression, or what a line changes in place.

    Attributes
    ----------
    number : int
        Counted over all watched files; the hook's first argument.
    kind : "name", "part", "call", "made", "number", "test", "changed", "statement"
        A variable; ``x[i]`` or ``x.a``; a call; arithmetic; a constant; a condition;
        an array after a line that changes it in place; a line that can be left out.
    line, end_line, column, end_column : int
        Where it stands; lines count from 1, columns from 0.
    statement : int
        First line of the statement around it.
    target : str
        What the statement assigns to, "return" or "yield", if this is its whole value.
    function : str
        Qualified name of the function around it.
    """

    number: int
    file: str
    kind: str
    line: int
    end_line: int
    column: int
    end_column: int
    statement: int
    text: str
    target: str
    function: str

    @property
    def is_load(self) -> bool:
        """Whether it only fetches what was made elsewhere."""
        return self.kind in ("name", "part")


def stores_its_argument(site: Site) -> bool:
    """Tell whether a constructor keeps what it was given: ``self.eta = eta``."""
    is_made = site.function.endswith("__init__")
    return is_made and site.kind == "name" and site.target.startswith("self.")
