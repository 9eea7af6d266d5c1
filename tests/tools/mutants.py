"""Do the tests notice? Plants one random fault at a time in `numpy_impl`.

`make mutants` plants 60 faults (`--seed` chooses others), runs the tests on each, and
prints which test noticed it. A fault that no test notices is a survivor: either it
changes nothing that can be seen, or a test is missing. The exit code is 0 if at most
5 % survive.

The faults are those of mutation testing: another operator, a comparison with or
without equality, a constant that is off, a condition turned round, a statement left
out. Each is written into a copy of the project, never into the project itself.
"""

import argparse
import ast
import concurrent.futures
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "numpy_impl"
# The nearest tests first: most faults do not get further than these. Tests of links
# and quotations are left out: they compare the text of a line, not what it does.
STAGES = (
    ["tests/numpy_impl"],
    ["tests/open_division", "tests/core", "tests/docs/test_equations.py"],
    ["tests/measure/test_phases.py", "tests/profile", "tests/check/test_styles.py"],
)
# Tests of other engines cannot notice a fault in this one, nor can those of how the
# project is installed; they would only take time.
ABOUT_OTHER_THINGS = "not (jax or keras or numba or sklearn or installation)"
# Processor time, so that a busy machine does not look like a test that never ends; and
# the time on the clock after which something only waits.
PROCESSOR_SECONDS = 300
CLOCK_SECONDS = 1800
LARGEST_SHARE_OF_SURVIVORS = 0.05

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.Pow: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
FUNCTIONS = {
    "add": "subtract",
    "subtract": "add",
    "multiply": "divide",
    "divide": "multiply",
    "maximum": "minimum",
    "minimum": "maximum",
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "exp": "log",
    "sqrt": "square",
    "square": "abs",
    "abs": "negative",
    "negative": "abs",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ones": "zeros",
    "empty": "zeros",
    "greater": "less",
    "isfinite": "isnan",
}


@dataclass(frozen=True)
class Fault:
    """One change of one place: bytes `start` to `end` of a file become `text`."""

    file: str
    line: int
    start: int
    end: int
    before: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {squeezed(self.before)} → {self.text}"


@dataclass(frozen=True)
class Outcome:
    """What became of a fault: the test that noticed it, or None."""

    fault: Fault
    noticed_by: str | None


def squeezed(text: str, limit: int = 50) -> str:
    """Return `text` on one line, its middle left out if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 12]} … {line[-9:]}"


class Places:
    """All the places of a file where a fault can be planted."""

    def __init__(self, file: str, source: str) -> None:
        self.file, self.source = file, source.encode()
        self.starts = [0]
        for line in self.source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.tree = ast.parse(source)

    def faults(self) -> Iterator[Fault]:
        """Yield every fault of the file, in the order of its text."""
        for node in code_of(self.tree):
            yield from self._of(node)

    def _of(self, node: ast.AST) -> Iterator[Fault]:
        if isinstance(node, ast.BinOp | ast.AugAssign):
            left = node.left if isinstance(node, ast.BinOp) else node.target
            right = node.right if isinstance(node, ast.BinOp) else node.value
            yield from self._operator(left, node.op, right)
        elif isinstance(node, ast.Compare):
            left = node.left
            for op, right in zip(node.ops, node.comparators, strict=True):
                yield from self._operator(left, op, right)
                left = right
        elif isinstance(node, ast.BoolOp):
            word = "or" if isinstance(node.op, ast.And) else "and"
            yield self._between(node.values[0], node.values[1], f" {word} ")
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield self._instead(node.test, f"not ({self._text(node.test)})")
        elif isinstance(node, ast.Constant):
            yield from self._constant(node)
        elif isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
            end = self._end(node)
            start = end - len(node.attr)
            yield self._fault(node, start, end, FUNCTIONS[node.attr])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
            yield self._instead(node, f"({self._text(node.operand)})")
        if isinstance(node, ast.Expr | ast.AugAssign) and not is_docstring(node):
            yield self._instead(node, "pass")

    def _operator(
        self, left: ast.expr, op: ast.AST, right: ast.expr
    ) -> Iterator[Fault]:
        if type(op) in OPERATORS:
            word = OPERATORS[type(op)]
            start, end = self._end(left), self._start(right)
            old = self.source[start:end].decode()
            # Brackets between the operands, and the = of an assignment, stay.
            match = re.search(r"(not\s+in|is\s+not|is|in|[-+*/%<>!=]=|[-+*/%<>]+)", old)
            assert match is not None, (self.file, left.lineno, old)
            if match[0].endswith("=") and match[0][0] in "-+*/%":
                word += "="
            new = old[: match.start()] + word + old[match.end() :]
            yield self._fault(left, start, end, new)

    def _constant(self, node: ast.Constant) -> Iterator[Fault]:
        if isinstance(node.value, bool):
            yield self._instead(node, str(not node.value))
        elif isinstance(node.value, int):
            yield self._instead(node, str(node.value + 1))
        elif isinstance(node.value, float):
            yield self._instead(node, repr(node.value * 2 or 1.0))

    def _between(self, left: ast.expr, right: ast.expr, text: str) -> Fault:
        start, end = self._end(left), self._start(right)
        old = self.source[start:end].decode()
        return self._fault(
            left, start, end, re.sub(r"\s*\b(and|or)\b\s*", text, old, count=1)
        )

    def _instead(self, node: ast.expr | ast.stmt, text: str) -> Fault:
        return self._fault(node, self._start(node), self._end(node), text)

    def _fault(
        self, node: ast.expr | ast.stmt, start: int, end: int, text: str
    ) -> Fault:
        before = self.source[start:end].decode()
        return Fault(self.file, node.lineno, start, end, before, text)

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr) -> str:
        return self.source[self._start(node) : self._end(node)].decode()


def code_of(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk over what is computed: no annotations, no texts of errors, no imports."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr):
            continue
        if isinstance(child, ast.If) and "__name__" in ast.dump(child.test):
            continue  # what a file does when it is run by itself
        if isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield from code_of(ast.Expression(child.value))
            continue
        if isinstance(child, ast.arg):
            continue
        if isinstance(child, ast.FunctionDef):
            for part in (*child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield from code_of(ast.Expression(part))
            for statement in child.body:
                yield statement
                yield from code_of(statement)
            continue
        yield child
        yield from code_of(child)


def is_docstring(node: ast.AST) -> bool:
    """Whether a statement is only a text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def all_faults(root: Path = ROOT) -> list[Fault]:
    """Return every fault that can be planted in `numpy_impl`; each one parses."""
    faults = []
    for path in sorted((root / FOLDER).glob("*.py")):
        places = Places(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
        faults += [fault for fault in places.faults() if parses(fault, root)]
    return faults


def parses(fault: Fault, root: Path) -> bool:
    """Whether the file is still Python, and another program than before."""
    old = (root / fault.file).read_bytes()
    try:
        tree = ast.parse(planted(fault, old))
    except SyntaxError:
        return False
    return ast.dump(tree) != ast.dump(ast.parse(old))


def planted(fault: Fault, source: bytes) -> bytes:
    """Return the file with the fault."""
    return source[: fault.start] + fault.text.encode() + source[fault.end :]


def try_out(fault: Fault) -> Outcome:
    """Run the tests on a copy of the project with the fault in it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(
            ROOT,
            copy,
            ignore=shutil.ignore_patterns(".*", "__pycache__", "results", "mnist"),
        )
        (copy / "data" / "mnist").symlink_to(ROOT / "data" / "mnist")
        path = copy / fault.file
        path.write_bytes(planted(fault, path.read_bytes()))
        for stage in STAGES:
            test = first_failure(stage, copy)
            if test is not None:
                return Outcome(fault, test)
    return Outcome(fault, None)


def first_failure(tests: list[str], root: Path) -> str | None:
    """Return the first test that fails, or None."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no"]
    command += ["-k", ABOUT_OTHER_THINGS]
    try:
        done = subprocess.run(
            [*command, *(name for name in tests if (root / name).exists())],
            cwd=root,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=CLOCK_SECONDS,
            preexec_fn=limit_processor_time,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {CLOCK_SECONDS} s"
    if done.returncode == -signal.SIGXCPU:
        return f"no end within {PROCESSOR_SECONDS} s of processor time"
    if done.returncode == 0:
        return None
    match = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return match[1] if match else f"pytest ended with {done.returncode}"


def limit_processor_time() -> None:
    """Let the system end this process when it has used its processor time."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 60))


def main() -> int:
    """Plant, run, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=60, help="(default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="(default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="at once (default: 2)")
    parser.add_argument("--list", action="store_true", help="only say what is planted")
    args = parser.parse_args()
    everything = all_faults()
    chosen = random.Random(args.seed).sample(
        everything, min(args.faults, len(everything))
    )
    if args.list:
        sys.stdout.write("".join(f"{fault}\n" for fault in chosen))
        return 0
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for number, outcome in enumerate(pool.map(try_out, chosen), 1):
            words = outcome.noticed_by or "NOT NOTICED"
            sys.stdout.write(f"{number:>3}  {outcome.fault}\n     {words}\n")
            sys.stdout.flush()
            if outcome.noticed_by is None:
                survivors.append(outcome.fault)
    caught = len(chosen) - len(survivors)
    sys.stdout.write(
        f"\n{caught} of {len(chosen)} faults were noticed (seed {args.seed}, of "
        f"{len(everything):,} possible).\n"
    )
    sys.stdout.write("".join(f"not noticed: {fault}\n" for fault in survivors))
    return int(len(survivors) > LARGEST_SHARE_OF_SURVIVORS * len(chosen))


if __name__ == "__main__":
    sys.exit(main())
