"""NumPy or a framework? What it costs to use a trained network, measured here.

Room on the disk, import, a cold start, one image at p50, p95 and p99, throughput with
one thread to all, memory and model file, for every engine installed and for ONNX
Runtime in float32 and int8. All answer the same images; answers that should be equal
and are not end with exit code 1.
"""

import argparse
import json
import sys

import numpy as np

from compare import options, registry
from compare.decide import measure, ways
from compare.decide import rows as figures_of
from compare.decide import text as decide_text
from compare.errors import UsageError
from compare.files import Outputs, write_text
from compare.measure import environment
from compare.measure.default_model import train
from compare.measure.scratch import full_disk_in_words, scratch
from compare.record import model_file
from compare.record.folders import make_folder
from compare.record.model_file import Model
from compare.show.progress import Steps
from compare.show.terminal import bullets, prose
from compare.show.words import say

FILE_NAME = "decide.json"
N_IMAGES = 1000
MOST_ROUNDS = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--impl",
        nargs="+",
        metavar="NAME",
        help="engines, your own class, onnx, onnx-int8 (default: what is installed of "
        f"{', '.join((*ways.DEFAULT_IMPLEMENTATIONS, *ways.ONNX))})",
    )
    parser.add_argument(
        "--model",
        type=options.place,
        metavar="FILE",
        help="a network that predict or run has saved (default: train one epoch)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        metavar="N",
        help="processes of each with each number of threads (default: 3)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a list of rows with named fields, nothing else",
    )
    options.add_out(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print, draw; 1 if answers differ that should be equal."""
    options.positive("--rounds", args.rounds)
    options.at_most("--rounds", args.rounds, MOST_ROUNDS, "or it takes for ever")
    names = _names(args.impl)
    model = model_file.load(args.model) if args.model else None
    if model is not None:
        options.require_dense(model.architecture, "decide")
    folder = make_folder(args.out, FILE_NAME)
    stamp = environment.stamp()
    sys.stderr.write(environment.kernel_note(stamp))
    model, X, y = _model_and_images(model)
    counts = thread_counts(environment.usable_cores())
    with scratch() as place:
        with full_disk_in_words():
            images = place / "images.npy"
            np.save(images, X)
        found_ways = ways.prepare(names, model, place)
        reference = model.implementation("numpy").predict_proba(
            X.astype(model.weights[0][0].dtype)
        )
        with Steps("measuring", args.rounds * len(names) * len(counts)) as steps:
            found, finished = measure.measure(
                found_ways,
                images=images,
                n_classes=model.layer_sizes[-1],
                n_rounds=args.rounds,
                thread_counts=counts,
                notify=steps.advance,
            )
    rows = figures_of.rows(found, reference, y)
    _say(args, found, rows, str(stamp["processor"]))
    outputs = Outputs()
    content = {"environment": stamp, "rows": [row.to_json() for row in rows]}
    outputs.attempt(
        lambda: write_text(folder / FILE_NAME, json.dumps(content, indent=1))
    )
    if any(not row.reason for row in rows):
        from compare.decide import figures

        outputs.attempt(lambda: figures.write(rows, folder))
    if not args.json:
        say(f"\n{outputs.sentence(folder)}\n")
    outputs.complain()
    if not finished:
        sys.stderr.write("Interrupted: the table shows what was done by then.\n")
        return 130
    bad = any(row.reason or not row.agrees for row in rows)
    return 1 if bad or outputs.failures else 0


def thread_counts(n_cores: int) -> list[int]:
    """Return 1, 2, 4, … and all of them."""
    return sorted({n_cores, *(2**k for k in range(n_cores.bit_length()))})


def _names(given: list[str] | None) -> list[str]:
    """Return the ways asked for, each once and in their order."""
    found: list[str] = []
    for name in given or ways.default():
        if name in ways.ONNX:
            if missing := ways.missing_for_onnx():
                raise UsageError(f"{name} needs {', '.join(missing)}: {ways.CURE}")
            found.append(name)
        else:
            found += registry.chosen([name])
            found += ways.default_runtimes() if name == registry.ALL else []
    return list(dict.fromkeys(found))


def _model_and_images(model: Model | None) -> tuple[Model, np.ndarray, np.ndarray]:
    """Return a network and test images that it can answer for, with their labels."""
    import data

    dataset = data.load(model.data_source if model else "mnist")
    if model is None:
        model = train("numpy", dataset, n_epochs=1, report=_progress)
    X, y = dataset.X_test[:N_IMAGES], dataset.y_test[:N_IMAGES]
    if X.shape[1] != model.layer_sizes[0] or y.max() >= model.layer_sizes[-1]:
        raise UsageError(
            f"--model must fit {model.data_source}, on which it says it was trained: "
            f"its layer sizes are {model.layer_sizes}, the images have {X.shape[1]} "
            f"values and {len(dataset.class_names)} classes"
        )
    return model, np.ascontiguousarray(X, np.float32), y


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _say(
    args: argparse.Namespace,
    found: list[measure.Measured],
    rows: list[figures_of.Row],
    processor: str,
) -> None:
    if args.json:
        listed = [row.to_json() for row in rows]
        say(json.dumps(listed, indent=1, allow_nan=False) + "\n")
        return
    for sentence in decide_text.sentences(found, rows):
        say(prose(f"{sentence}\n"))
    say(f"\n{processor}, float32\n{decide_text.tables(rows)}\n")
    missing = ways.missing_for_onnx()
    say(bullets(decide_text.notes(rows, args.rounds, missing)))
