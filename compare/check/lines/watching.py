"""Puts rewritten functions in place of the user's own, for the length of a question.

Every live function of the watched files gets the code object of its rewritten twin, and
its own back afterwards. Refuses what has no source, or another than the one that runs:
generated code, C extensions, functions that a decorator has compiled.
"""

import ast
import builtins
import contextlib
import gc
import linecache
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare.check.lines.expressions import SAW
from compare.check.lines.recorder import Listener
from compare.check.lines.rewriting import CHANGED, RUNS, Rewriter
from compare.check.lines.sites import Site

PLAIN_DECORATORS = {
    "staticmethod",
    "classmethod",
    "property",
    "setter",
    "cached_property",
    "lru_cache",
    "cache",
    "contextmanager",
    "wraps",
    "abstractmethod",
    "dataclass",
}


@dataclass
class Watch:
    """The sites of some files, and how to make their functions report.

    Attributes
    ----------
    sites : dict
        Number to site.
    sources : dict
        File to its lines.
    """

    sites: dict[int, Site] = field(default_factory=dict)
    sources: dict[str, list[str]] = field(default_factory=dict)
    _twins: list[tuple[types.CodeType, types.CodeType]] = field(default_factory=list)
    _changes: list[tuple[types.FunctionType, types.CodeType]] = field(
        default_factory=list
    )

    @classmethod
    def over(cls, *objects: Any) -> "Watch | None":
        """Return a watch over the code of classes or functions, and their neighbours.

        Neighbours: files of the same folder that are imported. None if nothing of it
        can be watched.
        """
        alive = [o for o in gc.get_objects() if type(o) is types.FunctionType]
        watch = cls()
        for file in _files_of(objects, alive):
            watch._add(file)
        watch._find(alive)
        return watch if watch._changes else None

    def _add(self, file: str) -> None:
        source = source_of(file)
        if not source:
            return
        try:
            tree = ast.parse(source)
            own = compile(source, file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return
        compiled = _compiled_names(tree)
        rewriter = Rewriter(file, source, len(self.sites))
        new = compile(rewriter.visit(tree), file, "exec", dont_inherit=True)
        self.sites |= {site.number: site for site in rewriter.sites}
        self.sources[file] = source.splitlines()
        self._twins += [
            pair for pair in _pairs_of(own, new) if pair[0].co_name not in compiled
        ]

    @contextlib.contextmanager
    def reporting_to(self, listener: Listener) -> Iterator[None]:
        """Let every expression of the watched functions report to `listener`."""
        kept = [function.__code__ for function, _ in self._changes]
        for function, code in self._changes:
            function.__code__ = code
        names = vars(builtins)
        names[SAW], names[CHANGED] = listener.saw, listener.changed
        names[RUNS] = listener.runs
        try:
            yield
        finally:
            for (function, _), code in zip(self._changes, kept, strict=True):
                function.__code__ = code
            # The names stay: a generator that is still alive may ask for them.
            names[SAW], names[CHANGED] = _pass_through, _changed_nothing
            names[RUNS] = _run

    def _find(self, alive: list[types.FunctionType]) -> None:
        """Note which live functions run the code that was rewritten."""
        twins = {_key(old): (old, new) for old, new in self._twins}
        for function in alive:
            if function.__code__.co_filename not in self.sources:
                continue
            old, new = twins.get(_key(function.__code__), (None, None))
            if new is not None and old == function.__code__:
                self._changes.append((function, new))


def _pass_through(number: int, value: Any) -> Any:
    return value


def _changed_nothing(number: int, thing: Any, *index: Any) -> Any:
    return thing


def _run(number: int) -> bool:
    return True


def source_of(file: str) -> str:
    """Return the text of a file, or of a cell of a notebook; empty if there is none."""
    linecache.checkcache(file)  # a file may have been edited and imported again
    return "".join(linecache.getlines(file))


def _files_of(objects: tuple[Any, ...], alive: list[types.FunctionType]) -> list[str]:
    files = dict.fromkeys(f for o in objects for f in _files_of_one(o))
    folders = {Path(file).parent for file in files if Path(file).is_file()}
    for file in {function.__code__.co_filename for function in alive}:
        if Path(file).parent in folders:
            files.setdefault(file)
    return [file for file in files if not _is_library(file)]


def _files_of_one(thing: Any) -> Iterator[str]:
    thing = getattr(thing, "__wrapped__", thing)
    thing = getattr(thing, "func", thing)  # functools.partial
    thing = getattr(thing, "__func__", thing)
    if isinstance(thing, types.FunctionType):
        yield thing.__code__.co_filename
    elif isinstance(thing, type):
        for kind in thing.__mro__:
            for value in vars(kind).values():
                function = getattr(value, "__func__", value)
                if isinstance(function, types.FunctionType):
                    yield function.__code__.co_filename
                    break


PROJECT = Path(__file__).resolve().parents[3]
PACKAGES = ("compare", "numpy_impl", "torch_impl", "sklearn_baseline", "data")


def _is_library(file: str) -> bool:
    path = Path(file).resolve()
    if "site-packages" in path.parts or file.startswith("<frozen"):
        return True
    inside = path.relative_to(PROJECT).parts if PROJECT in path.parents else ()
    is_zoo = "zoo" in inside
    return bool(inside) and inside[0] in PACKAGES and not is_zoo


def _compiled_names(tree: ast.Module) -> set[str]:
    """Return the functions under a decorator that may have compiled them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                call = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = ast.unparse(call).rpartition(".")[2]
                if name not in PLAIN_DECORATORS:
                    found.add(node.name)
    return found


def _pairs_of(
    old: types.CodeType, new: types.CodeType
) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """Yield each function's code with its rewritten twin: the same tree twice."""
    inner_old = [c for c in old.co_consts if isinstance(c, types.CodeType)]
    inner_new = [c for c in new.co_consts if isinstance(c, types.CodeType)]
    for one, other in zip(inner_old, inner_new, strict=True):
        yield one, other
        yield from _pairs_of(one, other)


def _key(code: types.CodeType) -> tuple[str, str, int, tuple[Any, ...]]:
    lines = tuple(code.co_positions())[:8]
    return code.co_filename, code.co_qualname, code.co_firstlineno, lines
