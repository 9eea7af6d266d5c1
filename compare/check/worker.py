"""The process in which the command line runs other people's code.

Started as ``python -m compare.check.worker``: reads one request as JSON from
standard input and writes events to standard output, one JSON object a line. What the
code under test prints goes elsewhere (see `measure.transport.Channel`). The parent
(`watch.py`) kills it when a call takes too long: nothing inside can prevent that.
"""

import sys
from typing import Any

from compare.check.api import Run
from compare.check.findings import Gate, Report
from compare.check.text import end, gate_lines, table_head
from compare.errors import UsageError
from compare.measure.transport import Channel


def main() -> None:
    """Serve one request."""
    channel = Channel()
    request = next(channel.messages())

    def send(**event: Any) -> None:
        channel.send(event)

    seen: set[str] = set()

    def begin(report: Report) -> None:
        send(text="\n".join([*report.heading, "", table_head()]))

    def tell(gate: Gate) -> None:
        send(text="\n".join(gate_lines(gate, seen)), gate=gate.to_dict())

    try:
        options = request["options"]
        if folder := options.pop("folder", ""):
            sys.path.append(folder)  # where the neighbours of a notebook are
        run = Run(
            **options,
            announce=lambda what, limit: send(call=what, limit=limit),
            begin=begin,
            tell=tell,
        )
        report = run.check(request["target"])
    except UsageError as error:
        send(usage_error=str(error), trace=_import_trace(error))
        return
    send(text="\n".join(end(report)), report=report.to_dict())


def _import_trace(error: UsageError) -> str:
    """Return where in the user's file an import failed."""
    from compare.check.guard import user_trace

    cause = error.__cause__
    return user_trace(cause.__traceback__) if cause is not None else ""


if __name__ == "__main__":
    main()
