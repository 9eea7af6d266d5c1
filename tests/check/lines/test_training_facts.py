"""What a training did is said as facts; a right one has none."""

from pathlib import Path
from typing import Any

import pytest

from compare.check.api import Run
from compare.check.exercises.exercises import planted
from compare.check.lines.training import facts
from compare.check.lines.watching import Watch
from tests.check.zoo.loading import SIZES
from tests.check.zoo.planting import MOVE, SGD, VELOCITY

ROWS = "rows = order[start : start + self.batch_size]"
BATCH = "self.train_batch(X[rows], y[rows])"
LOOP = "for start in range(0, len(order), self.batch_size):"
PEOPLE = Path(__file__).parents[1] / "people"


def facts_of(folder: Path, *edits: tuple[str, str]) -> list[str]:
    return facts_of_text(folder, planted(tuple(edits)), layer_sizes=SIZES)


def facts_of_text(folder: Path, text: str, **options: Any) -> list[str]:
    path = folder / "mine.py"
    path.write_text(text)
    subject = Run(hyper_parameters=options)._subject(str(path), str(path))
    return facts(subject, Watch.over(subject.factory))  # type: ignore[union-attr,arg-type]


def test_a_right_training_has_nothing_to_be_said(tmp_path: Path) -> None:
    assert facts_of(tmp_path) == []


# The batches are of 12 rows; an epoch is 45 rows, so the fourth batch has 9.
@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        (ROWS, "rows = order[start : start + 5]", "Batch 1 has 5 rows, not 12."),
        (
            ROWS,
            "rows = np.arange(len(X))[::-1][start : start + self.batch_size]",
            "Your batches hold other rows than order says.",
        ),
        (
            ROWS,
            "rows = np.sort(order)[start : start + self.batch_size]",
            "Your batches hold the rows of order in another sequence.",
        ),
        (
            BATCH,
            f"if len(rows) == self.batch_size:\n                {BATCH}",
            "An epoch has 3 steps, not 4.",
        ),
        (
            BATCH,
            f"{BATCH}\n            {BATCH}",
            "Every batch is used twice in a row.",
        ),
        (
            "dz = (probs - one_hot) / len(y)",
            "dz = (probs - one_hot) / len(y) ** 2",
            "Every update is 1/B of the right one.",
        ),
        (
            "self.step(self.b[layer], db, layer + len(self.W))",
            "if layer:\n                "
            "self.step(self.b[layer], db, layer + len(self.W))",
            "b[0] never changes.",
        ),
        (
            "self.v = [np.zeros_like(theta) for theta in self.W + self.b]\n",
            "zeros = [np.zeros_like(t) for t in self.W + self.b]\n"
            '        self.v = getattr(self, "v", zeros)\n',
            "set_weights leaves behind what the last training put into self.v.",
        ),
    ],
)
def test_a_fact(old: str, new: str, fact: str, tmp_path: Path) -> None:
    assert fact in facts_of(tmp_path, (old, new))


OTHER_ROWS = "Your batches hold other rows than order says."
SHUFFLED = (
    "np.random.default_rng(1).shuffle(X)\n"
    "        np.random.default_rng(1).shuffle(y)\n        "
)


# What is said here is all that is said of the rows.
@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (
            [(LOOP, SHUFFLED + LOOP), (ROWS, ROWS.replace("order", "range(len(X))"))],
            OTHER_ROWS,
        ),
        (
            [
                (LOOP, f"X, y = X[order], y[order]\n        {LOOP}"),
                (ROWS, ROWS.replace("order[", "np.arange(len(order))[")),
            ],
            None,
        ),
        ([(ROWS, "rows = order")], "Every step uses the same 45 rows."),
        ([(ROWS, "rows = order[:5]")], "Every step uses the same 5 rows."),
        (
            [(BATCH, f"for rows in rows[:, None]:\n                {BATCH}")],
            "Batch 1 has 1 row, not 12. An epoch has 45 steps, not 4.",
        ),
        (
            [
                (
                    BATCH,
                    "batch = X[rows]\n            if len(batch) == 12:\n"
                    "                self.train_batch(batch, y[rows])",
                )
            ],
            "The last batch, of 9 rows, is left out. An epoch has 3 steps, not 4.",
        ),
        ([(BATCH, "X[rows], y[rows]")], "No weight and no bias changes."),
        (
            [
                (MOVE, "move, self.v[k] = self.v[k], self.v[k]"),
                (VELOCITY, "new = self.momentum * self.v[k] + g\n"),
                (SGD, f"{SGD}\n        self.v[k] = new"),
            ],
            "The first step changes no weight and no bias: the later ones do.",
        ),
    ],
    ids=["shuffled", "copied", "all", "same", "single", "short", "nothing", "late"],
)
def test_what_is_said_of_the_rows(
    edits: list[tuple[str, str]], said: str | None, tmp_path: Path
) -> None:
    found = " ".join(f for f in facts_of(tmp_path, *edits) if "update" not in f)
    assert found == (said or "")


# The samples are taken apart before the first step: a batch is what is used for one.
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sp = sigmoid_prime(z)", "sp = sigmoid_prime(sigmoid(z))", []),
        (
            "range(0, len(data), self.mini_batch_size)",
            "range(0, len(data) - 20, self.mini_batch_size)",
            ["An epoch has 3 steps, not 4."],
        ),
        (
            "data[k:k + self.mini_batch_size]",
            "data[k:k + 7]",
            ["Batch 1 has 7 rows, not 12."],
        ),
    ],
)
def test_a_loop_over_samples_is_no_batch_of_one(
    old: str, new: str, said: list[str], tmp_path: Path
) -> None:
    text = (PEOPLE / "samples.txt").read_text()
    assert old in text
    found = facts_of_text(tmp_path, text.replace(old, new))
    assert [f for f in found if "Batch" in f or "steps" in f] == said


def test_a_shortened_gradient(tmp_path: Path) -> None:
    edits = (
        (
            "for layer, dW, db in list(self.backward(X, y)):",
            "found = list(self.backward(X, y))\n"
            "        all_of_them = [g for _, *two in found for g in two]\n"
            "        norm = np.sqrt(sum((g**2).sum() for g in all_of_them))\n"
            "        found = [(k, *(g * min(1, 0.01 / norm) for g in two)) "
            "for k, *two in found]\n"
            "        for layer, dW, db in found:",
        ),
    )
    assert any("shortened" in fact for fact in facts_of(tmp_path, *edits))
