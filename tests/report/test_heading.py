"""The line above everything says what is trained, and how."""

import pytest

from compare import recipe
from compare.record.plan import Plan
from compare.report import text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("default", "relu, sgd, learning rate 0.015, momentum 0.9, batches of 64"),
        ("cnn", "adamw, learning rate 0.002, weight decay 0.05, labels smoothed by 0"),
        (
            "cnn-best",
            "weight decay 0.06, cosine schedule, warm-up over 1 epoch, weights "
            "averaged with 0.999, deformed images, batches of 64",
        ),
    ],
)
def test_what_departs_from_the_closed_division_is_said(name: str, words: str) -> None:
    chosen = recipe.load(name)
    plan = Plan(
        hyper_parameters=chosen.hyper_parameters,
        implementations=chosen.implementations,
        n_epochs=chosen.n_epochs,
        augmentation=chosen.augmentation,
    )
    assert words in text.heading(plan)
