"""Files are written by `compare.files` alone, which writes them whole or not at all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import compare

ROOT = Path(compare.__file__).parent

# Scratch files in folders that were made for them, which nobody else names.
SCRATCH = {
    "check/marking/submissions.py",  # the code cells of a notebook
    "decide/command.py",  # images for processes, as all that follow
    "decide/server.py",
    "explain/own.py",
    "lab/routes.py",  # a model on its way from or to the browser
    "lab/session.py",
    "measure/blocks.py",
    "measure/shared.py",
    "measure/worker.py",
}
# Their `save` gives bytes, or fills a buffer.
MEMORY = {"record/model_file.py", "report/pictures.py"}
WRITERS = {"write_text", "write_bytes", "save", "savez", "savez_compressed", "savetxt"}
# They take a place, and return the content if there is none.
FRAMES = {"to_csv", "to_json", "to_parquet", "to_markdown", "to_html"}
OWN = {"style", "model_file"}  # their `save` writes by `compare.files`


def writes(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that write a file by themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _writes(node):
            yield node


def _writes(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    owner = getattr(getattr(call.func, "value", None), "id", "")
    if name in WRITERS:
        return isinstance(call.func, ast.Attribute) and owner not in OWN
    values = [getattr(argument, "value", argument) for argument in call.args]
    if name in FRAMES:
        return values not in ([], [None])
    if name == "savefig":  # into a buffer, which has a name of its own
        return not isinstance(call.args[0], ast.Name)
    modes = [v for v in values if isinstance(v, str) and len(v) <= 3]
    return name == "open" and any(set("wax+") & set(mode) for mode in modes)


@pytest.mark.parametrize(
    "code",
    [
        "path.write_text(x)",
        "path.open('x')",
        "open(path, 'w')",
        "np.save(path, x)",
        "frame.to_csv(folder / 'a.csv', index=False)",
        "figure.savefig('a.png')",
    ],
)
def test_what_would_be_found(code: str) -> None:
    assert list(writes(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    ["write_text(path, x)", "open(path)", "frame.to_csv(index=False)", "p.open('rb')"],
)
def test_what_would_not(code: str) -> None:
    assert not list(writes(ast.parse(code)))


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in ROOT.rglob("*.py")
    }


def test_nobody_else_writes(sources: dict[str, str]) -> None:
    found = {name for name, text in sources.items() if list(writes(ast.parse(text)))}
    # An exception that is none any more goes.
    assert found == SCRATCH | MEMORY | {"files.py"}


def test_scratch_folders_are_those_that_the_next_run_can_remove(
    sources: dict[str, str],
) -> None:
    """Of processes that were killed; a submission's is inside such a folder."""
    made = ("TemporaryDirectory(", "mkdtemp(", "mkstemp(", "NamedTemporaryFile(")
    found = {name for name, text in sources.items() if any(m in text for m in made)}
    assert found == {"measure/scratch.py", "check/marking/submissions.py"}
