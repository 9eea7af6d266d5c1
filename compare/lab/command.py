"""Draw a digit, look inside the network, train it live, step through one update.

Starts a server on this machine and opens its page in the browser. Several engines with
the same weights answer each drawing as it grows; they train side by side before your
eyes. Without a model, the default network is trained first, a matter of seconds.
Nothing leaves the machine; closing the page or Ctrl-C ends everything.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from compare import options, registry
from compare import recipe as recipes
from compare.errors import UsageError
from compare.files import Outputs, check_place
from compare.record import model_file

if TYPE_CHECKING:
    import data
    from compare.record.model_file import Model

DEFAULT_MODEL = Path("results") / "model.safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m compare lab`."""
    group = parser.add_argument_group("what is in it")
    group.add_argument(
        "--model",
        type=options.place,
        metavar="FILE",
        help=f"a trained network (default: {DEFAULT_MODEL}, or a new one if there is "
        "none)",
    )
    group.add_argument(
        "--impl",
        nargs="+",
        metavar="NAME",
        help="who answers and trains: built-in names, or your own file.py:Name "
        "(default: one of each installed framework)",
    )
    group.add_argument(
        "--data",
        default="mnist",
        metavar="SOURCE",
        help=f"what is trained on: {options.DATA_HELP}",
    )
    group = parser.add_argument_group(
        "a network that is trained first", "instead of --model"
    )
    group.add_argument(
        "--recipe",
        metavar="NAME",
        help="a named training, as cnn; what it has learned is kept in results/ and "
        "found there the next time",
    )
    group.add_argument(
        "--layers",
        type=options.layer_sizes,
        metavar="SIZES",
        help="sizes from features to classes (default: the recipe's, 784-128-64-10)",
    )
    options.add_convolutions(group)
    group = parser.add_argument_group("the page")
    group.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="N",
        help="listen on this port of this machine (default: 0, any free one)",
    )
    group.add_argument(
        "--no-browser",
        action="store_true",
        help="only print the address, and stay when the page is closed",
    )
    group.add_argument(
        "--export",
        type=options.place,
        metavar="FILE",
        help="write the page to one .html file that needs no server, and end",
    )
    parser.epilog = (
        "examples:\n"
        "  python -m compare lab\n"
        "  python -m compare lab --model results/model.safetensors\n"
        "  python -m compare lab --recipe cnn\n"
        "  python -m compare lab --layers 784-64-10 --conv 8x5-16x5\n"
        "  python -m compare lab --impl numpy torch my_mlp.py:MyMLP\n"
        "  python -m compare lab --export lab.html\n"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until the page is closed or Ctrl-C is pressed, or write the page."""
    check(args)
    import data
    from compare.lab import export

    if args.export is not None:
        dataset = data.load(args.data)
        n_bytes = export.write(args.export, find_model(args, dataset), dataset)
        tell(f"{args.export}: {n_bytes / 1e6:.2f} MB, one page that needs no server")
        return 0
    return serve(args, data.load(args.data))


def check(args: argparse.Namespace) -> None:
    """Raise UsageError for what is wrong with the options, before any work."""
    for name in args.impl or ():
        registry.validate_name(name)
    if args.impl and len(set(args.impl)) < len(args.impl):
        raise UsageError("--impl must name different implementations, got one twice")
    if not 0 <= args.port <= 65535:
        raise UsageError(f"--port must be from 0 to 65535, got {args.port}")
    if args.export is not None and args.export.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--export must end in .html, got {args.export}")
    if args.export is not None:
        check_place(args.export)
    if args.model is not None and asks_for_training(args):
        raise UsageError(
            "--model brings a trained network: leave out --recipe, --layers and --conv"
        )
    if asks_for_training(args):
        wanted_recipe(args)


def asks_for_training(args: argparse.Namespace) -> bool:
    """Return whether the options describe a network that is to be trained."""
    asked = (args.recipe, args.layers, args.conv_layers)
    return any(option is not None for option in asked)


def wanted_recipe(args: argparse.Namespace) -> recipes.Recipe:
    """Return the recipe that is asked for, with the network that is asked for.

    Raises
    ------
    UsageError
        If there is none such.
    """
    from data.raw import N_PIXELS

    recipe = recipes.load(args.recipe or "default")
    given = {"layer_sizes": args.layers, "conv_layers": args.conv_layers}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        return recipe
    network = dataclasses.replace(recipe.hyper_parameters, **changes)
    if network.n_features != N_PIXELS:
        raise UsageError(
            f"--layers must begin with {N_PIXELS}, the pixels of a drawing, "
            f"got {network.n_features}"
        )
    return dataclasses.replace(
        recipe, name=str(network.architecture), hyper_parameters=network
    )


def kept(args: argparse.Namespace) -> Path | None:
    """Return where the wanted network is kept for the next time, if it is."""
    if args.data != "mnist" or args.layers is not None or args.conv_layers is not None:
        return None
    if args.recipe in (None, "default"):
        return DEFAULT_MODEL
    return DEFAULT_MODEL.with_name(f"{args.recipe}{model_file.SUFFIX}")


def find_model(args: argparse.Namespace, dataset: data.Dataset) -> Model:
    """Load the model that was named or is there, or train one and keep it."""
    if args.model is not None:
        return model_file.load(args.model)
    place = kept(args)
    there = place if asks_for_training(args) else DEFAULT_MODEL
    if there is not None and there.is_file():
        return model_file.load(there)
    from compare.measure import default_model

    recipe = wanted_recipe(args)
    if asks_for_training(args):
        tell(f"Training {recipe.hyper_parameters.architecture} first.")
    else:
        tell("There is no model yet: training the default network first.")
    model = default_model.train("numpy", dataset, recipe=recipe, report=tell)
    if place is not None:
        outputs = Outputs()
        outputs.attempt(lambda: model_file.save(place, model))
        outputs.complain()  # and go on: the page needs no file of it
        for path in outputs.written:
            tell(f"model written to {path}")
    return model


def serve(args: argparse.Namespace, dataset: data.Dataset) -> int:
    """Start the server, and end everything when it is over."""
    from compare.lab import engines
    from compare.lab.closing import Closing, interrupts_on_termination
    from compare.lab.routes import Routes
    from compare.lab.server import LabServer
    from compare.lab.session import Session

    model = find_model(args, dataset)
    session = Session(model, args.impl or engines.default_engines(), dataset)
    try:
        closing = Closing(session, ends_with_page=not args.no_browser)
        server = LabServer(Routes(session, seen=closing.pages_open), args.port)
        closing.server = server
        with interrupts_on_termination(), server:
            sys.stdout.write(f"{server.address}\n")
            sys.stdout.flush()
            tell(
                "Ctrl-C ends the laboratory; nothing outside this machine can reach it."
            )
            session.start()
            if not args.no_browser:
                threading.Thread(
                    target=open_browser, args=(server.address,), daemon=True
                ).start()
            server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        session.close()
    tell("The laboratory is closed.")
    return 0


def open_browser(address: str) -> None:
    """Open the page; where there is no browser, the address is on the screen."""
    import webbrowser

    if not webbrowser.open(address):
        tell("No browser could be opened: open the address above in one.")


def tell(sentence: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
