"""What a training did is said as facts; a right one has none."""

from pathlib import Path

import pytest

from compare.check.api import Run
from compare.check.exercises.exercises import planted
from compare.check.lines.training import facts
from compare.check.lines.watching import Watch
from tests.check.zoo.loading import SIZES

ROWS = "rows = order[start : start + self.batch_size]"
BATCH = "self.train_batch(X[rows], y[rows])"
LOOP = "for start in range(0, len(order), self.batch_size):"


def facts_of(folder: Path, *edits: tuple[str, str]) -> list[str]:
    path = folder / "mine.py"
    path.write_text(planted(tuple(edits)))
    run = Run(hyper_parameters={"layer_sizes": SIZES})
    subject = run._subject(str(path), f"{path}:MyMLP")
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
