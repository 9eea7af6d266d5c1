"""Every command and every piece of Python in the pages is run, or says why not.

A comment just before a block changes what is done with it:

    <!-- not run: REASON -->     a command is only checked for its options
    <!-- slow: REASON -->        run with the slow tests
    <!-- needs: PACKAGE -->      Python, run where the optional package is installed
    <!-- exit code 1 -->         the command is meant to find something
    <!-- file: NAME -->          the block is a file that later commands may name
    <!-- file: NAME is OTHER without: LINE; exit code 1 -->

In the output of a command, three dots stand for any text, and on a line of their own
for any lines.
"""

import argparse
import doctest
import importlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from compare import cli
from docs.tools import pages
from docs.tools.pages import CodeBlock

BLOCKS = [block for page in pages.all_pages() for block in pages.code_blocks(page)]
LANGUAGES = {"python", "console", "sh", "math", "text", "markdown", "toml"}
NOT_RUN = re.compile(r"not run: .{10,}")
SLOW = re.compile(r"slow: .{10,}")
NEEDS = re.compile(r"needs: (\w+)")
EXIT_CODE = re.compile(r"exit code (\d)")
FILE = re.compile(r"file: (\S+\.(?:py|toml))")
FILE_WITHOUT = re.compile(r"file: (\S+) is (\S+) without: ([^;]+); exit code (\d)")


def name(block: CodeBlock) -> str:
    return f"{block.page.relative_to(pages.ROOT)}:{block.line}"


def commands(block: CodeBlock) -> list[tuple[str, list[str]]]:
    """Return the commands of a block, each with the lines of output shown."""
    if block.language == "sh":
        lines = block.code.replace("\\\n", " ").splitlines()
        return [(line, []) for line in lines if line and not line.startswith("#")]
    found: list[tuple[str, list[str]]] = []
    for line in block.code.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


SHELL_BLOCKS = [block for block in BLOCKS if block.language in ("sh", "console")]


def by_marker(*, slow: bool) -> list[CodeBlock]:
    return [
        block
        for block in SHELL_BLOCKS
        if not NOT_RUN.fullmatch(block.marker)
        and bool(SLOW.fullmatch(block.marker)) == slow
    ]


def test_every_block_says_its_language() -> None:
    assert {name(b): b.language for b in BLOCKS if b.language not in LANGUAGES} == {}


def test_every_marker_is_understood() -> None:
    known = (NOT_RUN, SLOW, NEEDS, EXIT_CODE, FILE, FILE_WITHOUT)
    runnable = [*SHELL_BLOCKS, *(b for b in BLOCKS if b.language == "python")]
    unknown = {
        name(b): b.marker
        for b in runnable
        if b.marker and not any(marker.fullmatch(b.marker) for marker in known)
    }
    assert unknown == {}


def write_files(block: CodeBlock, folder: Path) -> None:
    """Write the files that the page has shown before this block."""
    for earlier in pages.code_blocks(block.page):
        if earlier.line > block.line:
            return
        if file := FILE.fullmatch(earlier.marker):
            (folder / file[1]).write_text(earlier.code, encoding="utf-8")
        if edit := FILE_WITHOUT.fullmatch(earlier.marker):
            lines = (folder / edit[2]).read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if line.strip() != edit[3]]
            assert len(kept) == len(lines) - 1
            (folder / edit[1]).write_text("\n".join(kept) + "\n", encoding="utf-8")


def exit_code(block: CodeBlock) -> int:
    if match := EXIT_CODE.search(block.marker):
        return int(match[1])
    return 0


def run(block: CodeBlock, folder: Path) -> None:
    """Run the commands of a block as a reader would who has saved the files."""
    (folder / "examples").symlink_to(pages.ROOT / "examples")
    write_files(block, folder)
    for command, shown in commands(block):
        if command.startswith("make "):
            check_options(command)
            continue
        program, *arguments = shlex.split(command)
        assert program == "python", f"{command}: start it with python, or mark it"
        environment = {
            "PYTHONUTF8": "1",
            "COLUMNS": "100",
            "PYTHONPATH": str(pages.ROOT),
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        said = f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == exit_code(block), said
        if shown:
            assert_output(done.stdout, shown)


def assert_output(found: str, shown: list[str]) -> None:
    """Compare line by line; how many spaces there are does not matter."""

    def squeezed(line: str) -> str:
        return " ".join(line.split())

    pattern = "".join(
        r"(?:.*\n)*?"
        if line == "..."
        else r".*?".join(map(re.escape, squeezed(line).split("..."))) + r"\n"
        for line in shown
    )
    text = "".join(squeezed(line) + "\n" for line in found.strip("\n").splitlines())
    assert re.fullmatch(pattern, text), f"shown:\n{chr(10).join(shown)}\n\nis:\n{found}"


def check_options(command: str) -> None:
    """Raise unless a `make` target exists, or the options of a command do."""
    program, *arguments = shlex.split(command)
    if program == "make":
        targets = re.findall(
            r"^([\w-]+):", (pages.ROOT / "Makefile").read_text(), re.MULTILINE
        )
        asked = [a for a in arguments if "=" not in a]
        assert set(asked) <= set(targets), f"{command}: no such target"
    elif arguments[:2] == ["-m", "compare"]:
        rest = arguments[2:]
        known = rest and rest[0] in cli.COMMANDS
        module = importlib.import_module(
            f"compare.{rest.pop(0) if known else 'run'}.command"
        )
        parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
        module.add_arguments(parser)
        parser.parse_args(rest)


def starts_pytorch(block: CodeBlock) -> bool:
    """Tell whether a command takes seconds because it imports PyTorch."""
    return any(word in block.code for word in ("compare check", "--against torch"))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b, marks=[pytest.mark.slow] * starts_pytorch(b))
        for b in by_marker(slow=False)
    ],
    ids=name,
)
def test_a_command_does_what_the_page_says(block: CodeBlock, tmp_path: Path) -> None:
    run(block, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("block", by_marker(slow=True), ids=name)
def test_a_slow_command_does_what_the_page_says(
    block: CodeBlock, tmp_path: Path
) -> None:
    run(block, tmp_path)


@pytest.mark.parametrize("block", SHELL_BLOCKS, ids=name)
def test_the_options_of_a_command_exist(block: CodeBlock) -> None:
    for command, _ in commands(block):
        check_options(command)


PYTHON_PAGES = sorted({block.page for block in BLOCKS if block.language == "python"})


def run_python(page: Path, *, slow: bool) -> None:
    """Run the blocks of a page from top to bottom, in one namespace."""
    namespace: dict[str, object] = {}
    runner = doctest.DocTestRunner(
        verbose=False, optionflags=doctest.ELLIPSIS | doctest.REPORT_NDIFF
    )
    failures: list[str] = []
    for block in pages.code_blocks(page):
        skipped = SLOW.fullmatch(block.marker) and not slow
        is_file = block.marker.startswith("file: ")
        if block.language != "python" or is_file or skipped:
            continue
        if NOT_RUN.fullmatch(block.marker):
            continue
        needs = NEEDS.fullmatch(block.marker)
        if needs and importlib.util.find_spec(needs[1]) is None:
            continue
        if ">>> " not in block.code:
            exec(compile(block.code, name(block), "exec"), namespace)  # noqa: S102  # our own page
            continue
        test = doctest.DocTestParser().get_doctest(
            block.code, namespace, name(block), str(page), block.line
        )
        runner.run(test, out=failures.append, clear_globs=False)
        namespace = test.globs
    assert not failures, "".join(failures)


# It trains in every framework, and imports them all.
OF_ALL_FRAMEWORKS = "4-rosetta.md"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(p, marks=[pytest.mark.slow] * (p.name == OF_ALL_FRAMEWORKS))
        for p in PYTHON_PAGES
    ],
    ids=lambda p: p.name,
)
def test_the_python_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pages.ROOT)
    run_python(page, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    sorted({b.page for b in BLOCKS if b.language == "python" and "slow" in b.marker}),
    ids=lambda p: p.name,
)
def test_the_slow_python_of_a_page_runs(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pages.ROOT)
    run_python(page, slow=True)
