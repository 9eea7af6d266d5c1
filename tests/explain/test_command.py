"""`explain` from the command line: what it prints, writes, refuses and survives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare import cli
from compare.explain import figures, section, text
from compare.explain.record import FILE_NAME, Record, read
from compare.measure.pool import Pool
from compare.measure.remote import WorkerFailedError
from compare.report import sections
from tests.report import invented

SMALL = [
    *("--layers", "784-8-10", "--train-samples", "300", "--seeds", "3"),
    *("--epochs", "2", "--budget", "10m"),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the suite's own, told apart by two settings; not timed."""
    folder = tmp_path_factory.mktemp("explain")
    arguments = ["numpy", "torch-lean", "--second", "learning_rate=0.1", "eps=1e-5"]
    arguments += ["l2_on=weights", "weights=glorot", "biases=zero", "shuffle=on"]
    code = cli.main(["explain", *arguments, *SMALL, "--no-times", "--out", str(folder)])
    assert code == 0
    return folder


def test_everything_is_in_the_file_and_comes_back(done: Path) -> None:
    record = read(done / FILE_NAME)
    assert record.finished
    assert [s.name for s in record.settings] == ["learning rate", "Adam's epsilon"]
    assert [same.passed for same in record.same] == [True, True]
    assert record.ablation.seeds == [0, 1, 2]
    assert {len(v) for v in record.ablation.correct["first"].values()} == {10_000}
    assert (done / figures.FILE_NAME).stat().st_size > 10_000
    found = record.explanation()
    assert found.interactions is not None
    # With two settings the mean of both orders leaves nothing.
    assert found.interactions.mean == pytest.approx(0, abs=1e-12)
    words = text.answer(record)
    assert "learning rate" in words
    assert "torch-lean computes what the network by hand computes" in words
    assert "Of twenty intervals one misses by chance" in " ".join(words.split())


def test_two_seeds_name_no_setting(done: Path) -> None:
    record = read(done / FILE_NAME)
    for runs in record.ablation.correct.values():
        del runs[2]
    said = " ".join(text.answer(record).split())
    assert (
        "With fewer than 3 seeds, nobody can say which setting it comes from." in said
    )
    assert "Of these come" not in said
    assert said.count("too few seeds") == 4  # two settings, interactions, total


def test_rows_have_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["numpy", "numpy", "--second", "n_epochs=1", *SMALL, "--json"]
    code = cli.main(["explain", *arguments, "--out", str(tmp_path / "out")])
    rows = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [row["kind"] for row in rows] == [
        "total",
        "setting",
        "engine",
        "interactions",
    ]
    total, setting = rows[:2]
    assert setting["setting"] == "number of epochs"
    assert (setting["first"], setting["second"]) == ("2", "1")
    assert setting["effect_points"] == pytest.approx(total["effect_points"])
    # Half the epochs, the same step: exactly half the time.
    assert setting["time_factor"] == pytest.approx(0.5)
    assert setting["time_low"] is None
    assert total["first_seconds"] > total["second_seconds"] > 0


@pytest.mark.slow
def test_convolutional_networks_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["numpy", "torch", "--second", "shuffle=on", "n_epochs=1"]
    arguments += ["--layers", "784-10", "--conv", "2x5", "--train-samples", "100"]
    arguments += ["--seeds", "1", "--no-times", "--out", str(tmp_path)]
    assert cli.main(["explain", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "784-conv2(5x5)-10, relu" in printed
    assert "nn.Linear, nn.Conv2d" in printed
    record = read(tmp_path / FILE_NAME)
    assert record.architecture.conv_layers == ((2, 5),)
    assert [same.passed for same in record.same] == [True, True]
    assert record.ablation.seeds == [0]


def test_files_from_before_convolutions_are_read(done: Path, tmp_path: Path) -> None:
    fields = json.loads((done / FILE_NAME).read_text())
    del fields["conv_layers"], fields["image_shape"]
    (tmp_path / FILE_NAME).write_text(json.dumps(fields))
    assert (
        read(tmp_path / FILE_NAME).architecture == read(done / FILE_NAME).architecture
    )


class Interrupted(Pool):
    """A pool whose user presses Ctrl-C after two trainings."""

    def run(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        for number, outcome in enumerate(super().run(*arguments, **options)):
            yield outcome
            if number == 1:
                raise KeyboardInterrupt


def test_ctrl_c_keeps_what_is_done(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("compare.explain.ablation.Pool", Interrupted)
    arguments = ["numpy", "numpy", "--second", "learning_rate=0.1", *SMALL]
    assert cli.main(["explain", *arguments, "--out", str(tmp_path)]) == 130
    printed = capsys.readouterr()
    assert "Interrupted: what was done by then is shown and kept." in printed.err
    record = read(tmp_path / FILE_NAME)
    assert not record.finished
    assert len(record.ablation.correct) >= 2
    assert text.answer(record)


def test_the_report_has_a_section_of_it(done: Path) -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0})
    assert sections.MODULES[FILE_NAME] == "compare.explain.section"
    found = section.present(results, done / FILE_NAME)
    assert found.figure is not None
    assert [line.name for line in found.lines] == [
        *(e.setting for e in read(done / FILE_NAME).explanation().effects),
        "interactions",
        "total",
    ]
    section.absent(results)  # says nothing where there is no explanation
    assert any(s.anchor == "explain" for s in sections.load(results, done))


def test_a_run_out_of_line_is_named(done: Path) -> None:
    record: Record = read(done / FILE_NAME)
    key = "on learning rate"
    for seed in (0, 1):
        record.ablation.correct[key][seed] = np.arange(10_000) < 9_700
    record.ablation.correct[key][2] = np.arange(10_000) < 9_000
    (sentence,) = text.out_of_line(record)
    assert "learning rate switched on alone, seed 2" in sentence
    assert "90.00 %" in sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "explain needs two names"),
        (["torch"], "explain needs two names"),
        (["torch", "torhc"], "unknown implementation 'torhc'"),
        (["torch", "sklearn", "--first", "speed=3"], "one of optimizer"),
        (["torch", "sklearn", "--optimizer", "adamw"], "MLPClassifier has no adamw"),
        (["torch", "sklearn", "--layers", "10-10"], "--layers must start with 784"),
        (["--case", "nothing"], "unknown case 'nothing'"),
        (["torch", "numpy", "--case", "alpha"], "--case stands alone"),
        (["torch", "numpy", "--epochs", "0"], "--epochs must be >= 1"),
        (["torch", "sklearn", "--conv", "8x5"], "sklearn has no convolutional layers"),
        (["torch", "numpy", "--conv", "8x28"], "conv_layers[0] must read maps of"),
    ],
)
def test_a_wrong_question_is_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[]")
    with pytest.raises(ValueError, match="holds no explanation"):
        read(tmp_path / FILE_NAME)


def test_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "--case", "list"]) == 0
    assert "squared-error" in capsys.readouterr().out


def test_a_pool_survives_the_death_of_a_process() -> None:
    jobs = [{"how": "die"}, {"how": "raise"}, {"how": "answer"}]
    with Pool(1) as pool:
        found = dict(pool.run("tests.explain.work:work", jobs))
    assert isinstance(found[0], WorkerFailedError)
    assert isinstance(found[1], WorkerFailedError)
    assert "ValueError: as asked" in str(found[1])
    assert found[2] == {"threads": "1"}
