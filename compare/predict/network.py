"""The network that answers: trained first, kept, and given to who computes."""

import argparse
from collections.abc import Callable

import data
from compare.contract import Implementation
from compare.errors import UnsupportedError, UsageError
from compare.files import Outputs
from compare.measure import default_model
from compare.measure.own_class import answering_for
from compare.record import model_file
from compare.record.model_file import Model
from data.raw import N_PIXELS


def train(
    args: argparse.Namespace, outputs: Outputs, *, report: Callable[[str], None]
) -> Model:
    """Train the default network; keep it where --save-model says."""
    model = default_model.train(
        args.impl,
        data.load(args.data or "mnist", transpose=args.transpose),
        report=report,
    )
    if args.save_model is not None:
        with answering_for(args.impl):  # its weights may be none
            outputs.attempt(lambda: model_file.save(args.save_model, model))
    return model


def with_weights_of(model: Model, name: str) -> Implementation:
    """Return the implementation with the model's weights, or say why it cannot be."""
    if model.layer_sizes[0] != N_PIXELS:
        raise UsageError(
            f"the model must take {N_PIXELS} pixels, got layer sizes "
            f"{'-'.join(map(str, model.layer_sizes))}"
        )
    try:
        with answering_for(name):
            return model.implementation(name)
    except UnsupportedError as error:
        raise UsageError(f"{name} cannot use this model: {error}") from error
