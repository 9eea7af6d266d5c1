"""Two folders of results: what differs, and has anything got worse?

  python -m compare diff results/monday results/tuesday

Ends with 1 if accuracy or speed of a row fell beyond its interval, so it can stand in
a pipeline. Times are refused unless machine, kernels and threads agree.
"""

import argparse
import json

from compare import options
from compare.show.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "first", type=options.place, metavar="A", help="folder of the first"
    )
    parser.add_argument(
        "second", type=options.place, metavar="B", help="folder of the second"
    )
    parser.add_argument(
        "--json", action="store_true", help="print a list of rows with named fields"
    )


def run(args: argparse.Namespace) -> int:
    """Compare, print; 1 if something got worse."""
    from compare.diff import configuration, judgement, text
    from compare.record import results

    first, second = results.read(args.first), results.read(args.second)
    found = configuration.differences(first, second)
    rows = judgement.judge(first, second)
    if args.json:
        say(json.dumps(text.json_rows(first, second, found, rows), indent=1) + "\n")
    else:
        say(text.heading(args.first, args.second))
        say(text.configuration_table(found))
        if rows:
            say(f"\n{text.rows_table(rows)}")
        say(f"\n{text.sentence(rows)}\n")
    return 1 if any(row.less_accurate or row.slower for row in rows) else 0
