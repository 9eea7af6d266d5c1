"""The code cells of a notebook as a Python file.

Only what defines something is kept: imports, functions, classes, constants. The cells
that train, plot and download are left out, line for line, so that numbers stay right.
Refuses to run a notebook.
"""

import ast
import json
from pathlib import Path
from typing import Any

from compare.check.lines.numbering import CELL
from compare.errors import UsageError

LIBRARIES = {"np", "numpy", "math"}
READERS = {"load", "loadtxt", "genfromtxt", "fromfile", "memmap"}


def as_python(path: Path) -> str:
    """Return the source; a line `# cell 3 of the notebook` stands before each cell.

    Raises
    ------
    UsageError
        If it is no notebook, or has no code.
    """
    cells = _code_cells(path)
    if not cells:
        raise UsageError(f"{path} has no code cells")
    parts = []
    for number, text in cells:
        parts.append(CELL.format(number))
        parts.append(_definitions(text))
    return "\n".join(parts) + "\n"


def _code_cells(path: Path) -> list[tuple[int, str]]:
    """Return number and text of each code cell; all cells count, from 1."""
    try:
        notebook: Any = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
        return [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code"
        ]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"{path} is not a notebook: JSON with cells is expected"
        ) from None


def _definitions(text: str) -> str:
    """Return a cell with all that is run, not defined, blanked out."""
    lines = [
        "" if line.lstrip().startswith(("%", "!", "?")) else line
        for line in text.splitlines()
    ]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return "\n".join(lines)  # the error is told when the file is imported
    keep: set[int] = set()
    for statement in tree.body:
        if _defines(statement):
            first = min(
                [statement.lineno]
                + [d.lineno for d in getattr(statement, "decorator_list", [])]
            )
            keep.update(range(first, (statement.end_lineno or first) + 1))
    return "\n".join(line if n in keep else "" for n, line in enumerate(lines, 1))


def _defines(statement: ast.stmt) -> bool:
    if isinstance(
        statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    ):
        return True
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return all(map(_is_harmless, calls))


def _is_harmless(call: ast.Call) -> bool:
    """Tell whether a call is one of NumPy's that reads no file."""
    root: ast.expr = call.func
    names = []
    while isinstance(root, ast.Attribute):
        names.append(root.attr)
        root = root.value
    is_library = isinstance(root, ast.Name) and root.id in LIBRARIES
    return is_library and not READERS & set(names)
