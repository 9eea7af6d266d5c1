"""`explain my_mlp.py:MyMLP torch`: options in, exit code out."""

import argparse
import json

from compare import options, registry
from compare.errors import UsageError
from compare.show.words import say


def run(args: argparse.Namespace) -> int:
    """Find out where they part; 0 if they are equal, 1 if not."""
    from compare.explain import own, own_text
    from compare.explain.settings import parse

    engines = [name for name in args.names if name in registry.ENGINES]
    if len(engines) != 1:
        raise UsageError(
            "one of the two names must be an engine, as numpy or torch, got "
            f"{' and '.join(args.names)}"
        )
    name = next(name for name in args.names if name not in registry.ENGINES)
    if args.first:
        raise UsageError(
            "--first sets defaults of an engine; of your own class, change the code. "
            f"--second sets those of {engines[0]}"
        )
    found = own.ask(
        name,
        engines[0],
        parse(args.second),
        architecture=options.architecture(args) if args.conv_layers else None,
        activation=args.activation,
        budget_seconds=args.budget,
    )
    if args.json:
        say(json.dumps(own_text.rows(found), indent=1) + "\n")
    else:
        say(own_text.answer(found))
    return 0 if found.parting.equal else 1
