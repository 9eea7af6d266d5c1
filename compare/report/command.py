"""Make the figures, the CSV files and report.html again, from results.json alone.

Nothing is measured. The page is the same, byte for byte, as the one the run wrote, as
long as this suite and its packages are the same.
"""

import argparse

from compare import options
from compare.record import results
from compare.report import exports
from compare.show.terminal import prose
from compare.show.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder."""
    parser.add_argument(
        "folder",
        type=options.place,
        metavar="DIR",
        help="a folder that a run has written: results/<time stamp>",
    )
    exports.add_arguments(parser.add_argument_group("the summary in a file"))
    parser.epilog = (
        "examples:\n"
        "  python -m compare report results/2026-01-31_12-00-00\n"
        "  python -m compare report results/2026-01-31_12-00-00 --export-markdown t.md"
    )


def run(args: argparse.Namespace) -> int:
    """Write everything that is made from the results; return the exit code."""
    from compare.record import judging
    from compare.report import outputs

    found = judging.judge(results.read(args.folder))
    folder = args.folder if args.folder.is_dir() else args.folder.parent
    wanted = exports.asked(args)
    exports.check([*wanted], folder)
    written = outputs.write(found, folder)
    exports.write(found, wanted, written)
    say(prose(f"{written.sentence(folder)}\n{exports.written_line(wanted, written)}"))
    written.complain()
    return 2 if written.failures else 0
