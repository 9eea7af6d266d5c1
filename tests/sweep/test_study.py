from collections import Counter
from pathlib import Path

import pytest

from compare.errors import UsageError
from compare.sweep import study
from tests.sweep import studies

RANGE = """[vary]
batch_size = [16, 64]
learning_rate = { low = 0.001, high = 1.0, log = true }
momentum = { low = 0.0, high = 0.9 }
[sample]
kind = "KIND"
n = 64
"""


def test_a_grid_has_every_point_for_every_engine_and_seed(
    tmp_path: Path, digits: Path
) -> None:
    text = "[vary]\nlearning_rate = [0.01, 0.1]\noptimizer = ['sgd', 'adam']\n"
    found = studies.read(tmp_path, digits, text, engines='["numpy", "sklearn"]')
    trainings = found.trainings()
    assert len(trainings) == 2 * 2 * 2 * 2
    points = Counter(
        (t.point["learning_rate"], t.point["optimizer"]) for t in trainings
    )
    assert set(points.values()) == {4}
    one = next(t for t in trainings if t.point["optimizer"] == "adam")
    assert one.recipe.hyper_parameters.optimizer == "adam"
    assert one.recipe.hyper_parameters.layer_sizes == (784, 16, 10)
    assert one.recipe.n_epochs == 2


@pytest.mark.parametrize("kind", ["sobol", "random"])
def test_a_sample_fills_the_ranges(tmp_path: Path, digits: Path, kind: str) -> None:
    found = studies.read(tmp_path, digits, RANGE.replace("KIND", kind)).points()
    assert len(found) == 2 * 64
    assert list(found[0]) == ["batch_size", "learning_rate", "momentum"]
    rates = [p["learning_rate"] for p in found if p["batch_size"] == 16]
    assert 0.001 <= min(rates) < max(rates) <= 1.0
    decades = [sum(low <= r < 10 * low for r in rates) for low in (1e-3, 1e-2, 1e-1)]
    # On a logarithmic scale each decade has a third: Sobol's points to one or two,
    # random ones within four standard deviations.
    assert max(abs(n - 64 / 3) for n in decades) < (2 if kind == "sobol" else 15)


def test_the_same_sample_every_time(tmp_path: Path, digits: Path) -> None:
    path = studies.write(tmp_path, digits, RANGE.replace("KIND", "sobol"))
    assert study.read(path).points() == study.read(path).points()


@pytest.mark.parametrize(
    ("text", "fields", "sentence"),
    [
        ("", {"sedes": "3"}, "no field 'sedes'"),
        ("[vary]\nlearning_rat = [1]\n", {}, "no setting 'learning_rat'"),
        ("[vary]\nlearning_rate = 0.1\n", {}, "must be a list of values or a range"),
        (
            "[vary]\nlearning_rate = [-1.0]\n",
            {},
            "learning_rate must be a finite number > 0",
        ),
        ("[vary]\nlearning_rate = {low = 1, high = 0.1}\n", {}, "low must be below"),
        ("[vary]\nlearning_rate = {low = 0, high = 1, log = true}\n", {}, "above 0"),
        ("[vary]\nlearning_rate = {low = 0.1, high = 1.0}\n", {}, "needs a .sample."),
        ("", {"engines": '["nunpy"]'}, "unknown implementation 'nunpy'"),
        ("", {"engines": '["nowhere.py:X"]'}, "nowhere.py is not a file"),
        ("", {"recipe": '"bets"'}, "unknown recipe 'bets'"),
        ("", {"seeds": "[]"}, "seeds must be at least one"),
        ("[vary]\nmomentum = [0.1]\n[show]\nx = 'eta'\n", {}, "show: x must be one of"),
    ],
)
def test_a_wrong_study_is_a_sentence(
    tmp_path: Path, digits: Path, text: str, fields: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as error:
        studies.read(tmp_path, digits, text, **fields).trainings()
    assert "small" in str(error.value)


@pytest.mark.parametrize("name", study.names())
def test_the_studies_that_ship_can_be_read(name: str) -> None:
    found = study.find(name)
    assert len(found.trainings()) >= 20
    assert found.summary == study.names()[name]


def test_an_unknown_name_lists_what_ships() -> None:
    with pytest.raises(UsageError, match=r"no study 'bset'.*best.*learning-rate"):
        study.find("bset")
