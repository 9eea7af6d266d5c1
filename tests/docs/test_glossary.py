"""The glossary's names exist, on all three sides."""

import inspect
import pkgutil
import re

from sklearn.neural_network import MLPClassifier
from torch import nn, optim

from compare import HyperParameters
from docs.tools import pages

PAGE = (pages.ROOT / "docs" / "8-glossary.md").read_text(encoding="utf-8")
SETTINGS = [
    [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")]
    for line in PAGE.partition("| here |")[2].splitlines()
    if line.startswith("| `")
]


def test_every_hyper_parameter_has_a_row() -> None:
    named = {name for row in SETTINGS for name in row[0]}
    assert set(HyperParameters().to_dict()) <= named


def test_scikit_learn_knows_its_column() -> None:
    parameters = set(inspect.signature(MLPClassifier).parameters)
    attributes = {"coefs_", "intercepts_", "predict_proba", "X", "alpha"}
    choices = {"relu", "logistic", "tanh", "identity", "sgd", "adam"}
    for row in SETTINGS:
        for name in row[3]:
            assert name.strip('"') in parameters | attributes | choices, name


def test_pytorch_knows_its_column() -> None:
    options = {
        name
        for kind in (optim.SGD, optim.Adam, optim.AdamW)
        for name in inspect.signature(kind).parameters
    }
    options |= {"dtype", "weight", "bias", "label_smoothing"}
    for row in SETTINGS:
        for name in row[2]:
            if name.startswith("nn."):
                assert hasattr(nn, name.removeprefix("nn.").partition("(")[0])
            elif name.startswith("torch."):
                assert pkgutil.resolve_name(name) is not None
            else:
                assert name in options, name
