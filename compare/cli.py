"""The command line: finds the command, and turns expected failures into exit codes.

Each command is a folder whose `command.py` has `add_arguments(parser)` and
`run(args) -> exit code`, imported only when it is asked for. Without the name of a
command, `run` is meant: the comparison itself.

Exit codes: 0 fine, 1 a check failed, 2 wrong usage or bad data, 130 interrupted.
"""

import argparse
import importlib
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

from compare.errors import UnsupportedError, UsageError
from compare.escape import printable
from compare.spelling import did_you_mean

# name -> one line for the overview
COMMANDS = {
    "run": "compare implementations: accuracy and time, side by side (the default)",
    "recipes": "named trainings: list them, or run them beside reported accuracies",
    "report": "report.html and the figures again, from stored results",
    "verify": "run stored results again: do they agree?",
    "check": "is my backpropagation right, and if not, which line is wrong?",
    "explain": "why do two trainings differ? every default switched on and off alone",
    "diff": "two folders of results: what differs, and has anything got worse?",
    "profile": "where the time of a training step goes, beside the matrix products",
    "scaling": "when does the framework win: batch size, width, depth, threads",
    "decide": "NumPy or a framework? what it costs to use a trained network",
    "sweep": "many trainings on many cores or machines: a grid or a sample of settings",
    "targets": "the speed targets of the hand-written network, and what is reached",
    "example": "one training step of a 2-3-2 network in numbers, for paper",
    "predict": "recognise digits in pictures, photographs, IDX and CSV files",
    "lab": "draw, look inside, train live, step through, in the browser",
    "explore": "what is in the data: counts, means, pixels, split, with figures",
}


# Beyond this a sentence is cut; a traceback below it has short lines.
LONGEST_LINE = 2000


class Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse's, but paragraphs fit the terminal; of a list each line hangs."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        blocks = text.strip("\n").split("\n\n")
        return "\n\n".join(_fitted(block.split("\n"), width) for block in blocks)


def _fitted(lines: Sequence[str], width: int) -> str:
    if not any(line.startswith(" ") for line in lines):
        return textwrap.fill(" ".join(lines), width, break_on_hyphens=False)
    fitted = []
    for line in lines:
        # Behind the name and the gap after it.
        name = re.match(r" *\S.*?  +(?=\S)", line)
        hanging = " " * (name.end() if name else 4)
        fitted.append(
            line
            if len(line) <= width
            else textwrap.fill(
                line,
                width,
                subsequent_indent=hanging,
                break_on_hyphens=False,
                break_long_words=False,
            )
        )
    return "\n".join(fitted)


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong option gets one sentence instead of the whole usage.

    It names the option, value or command that is nearest to what was typed.
    """

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return what was given; an unknown option or word ends with exit code 2."""
        found, unknown = self.parse_known_args(arguments)
        if unknown:
            words = " ".join(unknown)
            self.error(f"unrecognized arguments: {words}{self._nearest(unknown[0])}")
        return found

    def _nearest(self, word: str) -> str:
        if not word.startswith("-"):
            return did_you_mean(word, COMMANDS)
        known = [name for action in self._actions for name in action.option_strings]
        return did_you_mean(word.partition("=")[0], known)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = did_you_mean(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, f"{error.message}{near}") from None

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is; exit with 2."""
        self.exit(2, f"error: {printable(message)} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments.pop(0) if arguments and arguments[0] in COMMANDS else "run"
    try:
        code = execute(command, arguments)
        sys.stdout.flush()  # here, where a reader that has left is expected
        return code
    except (UsageError, UnsupportedError) as error:
        return complain(str(error))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        return 130
    except BrokenPipeError:
        # The reader of our output, `head` perhaps, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ValueError as error:
        if is_data_error(error):
            return complain(str(error))
        raise


def execute(command: str, arguments: list[str]) -> int:
    """Read the options of `command` and run it."""
    module = importlib.import_module(f"compare.{command}.command")
    parser = Parser(
        prog=f"python -m compare{'' if command == 'run' else ' ' + command}",
        description=module.__doc__,
        epilog=overview() if command == "run" else None,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return int(module.run(parser.parse(arguments)))


def is_data_error(error: ValueError) -> bool:
    """Tell bad data from a programming error, without importing `data` for it."""
    module = sys.modules.get("data")
    return module is not None and isinstance(error, module.DataError)


def complain(sentence: str) -> int:
    """Write one sentence to standard error and return exit code 2."""
    lines = [printable(line, LONGEST_LINE) for line in sentence.splitlines()]
    sys.stderr.write("error: " + "\n".join(lines) + "\n")
    return 2


def overview() -> str:
    """Return the list of commands for `--help`."""
    width = max(map(len, COMMANDS))
    return "\n".join(
        [
            "commands (python -m compare COMMAND --help):",
            *(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()),
            "",
            "examples:",
            "  python -m compare                          the whole comparison",
            "  python -m compare --quick                  a look, in under a minute",
            "  python -m compare --impl numpy torch torch-fused --optimizer adam",
            "  python -m compare --impl numpy my_mlp.py:MyMLP",
            "  python -m compare --data fashion-mnist --seeds 5 --epochs 20",
            "",
            "Every library chooses its own kernels for the processor; variables like",
            "OPENBLAS_CORETYPE count only with COMPARE_KERNELS=shell.",
        ]
    )
