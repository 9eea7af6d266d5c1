"""Networks as people write them: what is said of them is what a fair reader accepts."""

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare.check.api import check
from compare.check.findings import Report
from compare.check.lines.result import Reading
from tests.check.share import every

HERE = Path(__file__).parent
REAL = HERE / "real"
with (REAL / "EXPECT.tsv").open() as file:
    EXPECTED = dict(csv.reader(file, delimiter="\t"))
# The same nine, to the letter: the verdict, and the mistake or the difference.
OUTCOMES = {
    "r02_db_is_one_number": ("wrong", ["db-wrong-axis"]),
    "r04_softmax_no_max_builtin_sum": ("wrong", ["softmax-overflow"]),
    "r05_m_of_whole_data": ("wrong", ["divisor-other"]),
    "r06_sigmoid_output_bce": ("different", ["no-softmax", "loss-binary"]),
    "r07_softmax_prime_elementwise": ("wrong", ["jacobian-extra"]),
    "r10_db_keepdims_column": ("right", []),
    "r16_sigmoid_prime_of_a_twice": ("wrong", ["derivative-formula"]),
    "r19_leaky_right": ("different", ["forward-other-activation"]),
    "r24_swish": ("different", ["forward-other-activation"]),
}


def check_text(
    text: str, folder: Path, name: str = "", *, reads_lines: bool = True, **options: Any
) -> Report:
    """Return the report on a text; without its lines, which take a moment to read."""
    path = folder / "mine.py"
    path.write_text(text)
    target = f"{path}:{name}" if name else str(path)
    options.setdefault("layer_sizes", (20, 9, 8, 10))
    report = check(target, whole_epoch=False, **options)
    if not reads_lines:
        report.read = Reading
    return report


def named(report: Report) -> list[str]:
    return report.mistakes or [d.key for d in report.differences]


@pytest.mark.parametrize("reads_lines", every(2, [False, True]))
@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_network_is_judged_as_expected(
    name: str, reads_lines: bool, tmp_path: Path
) -> None:
    text = (REAL / f"{name}.txt").read_text()
    report = check_text(text, tmp_path, reads_lines=reads_lines)
    said = "\n".join(str(report).split("\n\n", 2)[2:])
    assert re.search(EXPECTED[name], said), report
    assert (report.verdict, named(report)) == OUTCOMES[name], report


# --- what a gate has seen is the diagnosis ------------------------------------------

RAISES = """
import numpy as np


class Net:
    def set_weights(self, weights):
        self.w = [(W.copy(), b.copy()) for W, b in weights]

    def get_weights(self):
        return [(W.copy(), b.copy()) for W, b in self.w]

    def predict_proba(self, X):
        for W, b in self.w:
            z = X @ W + b
            X = np.maximum(z, 0)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def train_epoch(self, X, y, order):
        {body}
"""


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            'raise ValueError("oh")',
            "train_epoch() stops with a ValueError in line 20 of",
        ),
        (
            'if len({W.shape for W, _ in self.w}) > 1: raise KeyError("oh")',
            "train_epoch() stops with a KeyError in line 20 of mine.py. Mend",
        ),
        pytest.param(
            "pass",
            "train_epoch leaves the weights as they were",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["always", "not square", "nothing"],
)
def test_an_exception_is_the_finding(body: str, sentence: str, tmp_path: Path) -> None:
    text = RAISES.replace("{body}", body)
    report = check_text(
        text, tmp_path, "Net", reads_lines=False, layer_sizes=(12, 9, 8, 10)
    )
    assert report.verdict == "wrong"
    assert not report.mistakes
    told = [f for f in report.findings if sentence in f.reason]
    assert len(told) == 1, report
    assert told[0].seen
    assert str(report).count("Seen directly") == 1, report


STOPS = """
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(weights, X):
    for W, b in weights[:-1]:
        X = np.maximum(X @ W + b, 0)
    W, b = weights[-1]
    return softmax(X @ W + b)


def gradients(weights, X, y):
    (W1, b1), (W2, b2) = weights
    A1 = np.maximum(X @ W1 + b1, 0)
    dZ2 = (softmax(A1 @ W2 + b2) - np.eye(10)[y]) / len(y)
    dW2 = dZ2 @ A1
    dZ1 = (dZ2 @ W2.T) * (A1 > 0)
    return [(X.T @ dZ1, dZ1.sum(axis=0)), (dW2, dZ2.sum(axis=0))]
"""


def test_where_every_call_raises_no_mistake_is_guessed(tmp_path: Path) -> None:
    report = check_text(STOPS, tmp_path, layer_sizes=(12, 9, 10))
    assert report.verdict == "wrong"
    assert not report.mistakes, report
    text = str(report)
    assert text.count("raised ValueError") == 1, text  # told once, with the line
    assert text.count("dW2 = dZ2 @ A1\n") == 2, text  # in the trace, and in the lines
    assert "gradients() stops with a ValueError in line 21 of mine.py" in text
    assert "sure" not in text


# --- dropout, and names of parameters ------------------------------------------------

DROPOUT = """
import numpy as np


class Net:
    def __init__(self, lr=0.1, batch=32):
        self.lr, self.batch = lr, batch
        {init}

    def set_weights(self, weights):
        self.w = [(W.copy(), b.copy()) for W, b in weights]

    def get_weights(self):
        return [(W.copy(), b.copy()) for W, b in self.w]

    def run(self, X, masks=None):
        a = [X]
        for i, (W, b) in enumerate(self.w):
            z = a[-1] @ W + b
            if i < len(self.w) - 1:
                z = np.maximum(z, 0)
                a.append(z if masks is None else z * masks[i])
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return [*a, e / e.sum(axis=1, keepdims=True)]

    def predict_proba(self, X):
        return self.run(X)[-1]

    def train_epoch(self, X, y, order):
        for k in range(0, len(order), self.batch):
            rows = {rows}
            masks = [{mask} for W, _ in self.w[:-1]]
            a = self.run(X[rows], masks)
            d = a[-1].copy()
            d[np.arange(len(rows)), y[rows]] -= 1
            d /= len(rows)
            new = []
            for i in reversed(range(len(self.w))):
                W, b = self.w[i]
                new.insert(0, (W - self.lr * a[i].T @ d, b - self.lr * d.sum(0)))
                if i:
                    d = d @ W.T * (a[i] > 0) * masks[i - 1]
            self.w = new
"""
KEEP = "(np.random.rand(len(rows), W.shape[1]) < 0.9) / 0.9"
TAKE = "order[k:k + self.batch]"


def dropout(mask: str = KEEP, rows: str = TAKE, init: str = "pass") -> str:
    text = DROPOUT.replace("{mask}", mask).replace("{rows}", rows)
    return text.replace("{init}", init)


def test_dropout_takes_its_batches_from_the_order(tmp_path: Path) -> None:
    report = check_text(dropout(), tmp_path, "Net")
    assert report.verdict == "different", report
    assert named(report) == ["random-training"]
    assert "order" in report.differences[0].words


@pytest.mark.slow  # the zoo has one
def test_a_shuffle_of_its_own_is_named(tmp_path: Path) -> None:
    rows = "np.random.permutation(len(X))[:self.batch]"
    report = check_text(dropout(mask="1.0", rows=rows), tmp_path, "Net")
    assert report.mistakes == ["order-ignored"], report


def test_other_names_of_parameters_are_understood(tmp_path: Path) -> None:
    report = check_text(dropout(mask="1.0"), tmp_path, "Net")
    assert report.verdict == "right", report
    assert "learning rate 0.1" in report.heading[1]
    assert "momentum 0" in " ".join(report.notes)
    asked = check_text(dropout(mask="1.0"), tmp_path, "Net", learning_rate=0.3)
    assert asked.verdict == "right", asked
    assert "learning rate 0.3" in asked.heading[1]


@pytest.mark.parametrize(
    ("init", "words"),
    every(
        2,
        [
            ("self.lr, self.batch = 0.25, 20", ["0.25", "batches of 20"]),
            ("self.lr, self.batch = 0.02, 7", ["0.02", "batches of 7"]),
        ],
    ),
)
def test_values_of_its_own_are_measured(
    init: str, words: list[str], tmp_path: Path
) -> None:
    text = dropout(mask="1.0", init=init).replace(", lr=0.1, batch=32", "")
    text = text.replace("self.lr, self.batch = lr, batch", "pass")
    report = check_text(text, tmp_path, "Net")
    assert report.verdict == "right", report
    assert all(word in " ".join(report.notes) for word in words), report.notes


def test_no_row_of_the_last_class(tmp_path: Path) -> None:
    text = (REAL / "r10_db_keepdims_column.txt").read_text()
    text = text.replace("np.zeros_like(A[-1])", "np.zeros((y.max() + 1, len(y)))")
    report = check_text(text, tmp_path)
    assert report.mistakes == ["one-hot-width"], report


def test_weight_decay_reaches_functions(tmp_path: Path) -> None:
    text = (REAL / "r10_db_keepdims_column.txt").read_text()
    with_l2 = text.replace(
        "grads.append((dW.T, db))", "grads.append((dW.T + 0.02 * weights[k][0], db))"
    )
    assert check_text(with_l2, tmp_path, weight_decay=0.02).verdict == "right"
    assert check_text(text, tmp_path, weight_decay=0.02).mistakes == ["l2-missing"]
    assert check_text(with_l2, tmp_path).verdict == "different"


# --- unknown is never empty ----------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "fact", "step"),
    every(
        3,
        [
            (
                "dW = 1 / m * dZ.dot(A[k].T)",
                "dW = 1 / m * dZ.dot(A[k].T) * (1.7 if k == 1 else 1)",
                r"dW\[1\] is 1.7 times the right one",
                "look at the line of dW",
            ),
            (
                "db = 1 / m * np.sum(dZ, axis=1, keepdims=True)",
                "db = 1 / m * np.sum(dZ, axis=1, keepdims=True) + 0.01",
                r"db\[2\] has \+0.01 added to every entry",
                "begin at db",
            ),
            (
                "* (Zs[k - 1] > 0)",
                "* (Zs[k - 1] > 0.3)",
                r"right: dW\[2\], db\[2\]",
                r"begin at dz\[1\]",
            ),
        ],
        name=lambda case: str(case[2]),
    ),
)
def test_what_can_be_measured_is_told(
    old: str, new: str, fact: str, step: str, tmp_path: Path
) -> None:
    text = (REAL / "r10_db_keepdims_column.txt").read_text().replace(old, new)
    report = check_text(text, tmp_path, reads_lines=False)
    (finding,) = report.findings
    assert not finding.keys, report
    assert any(re.search(fact, f) for f in finding.facts), finding.facts
    assert re.search(step, finding.next_step), finding.next_step
    assert "ruled out" not in str(report)
    report.ruled_out = True
    assert "ruled out" in str(report)


def test_relations_between_arrays() -> None:
    """Each relation is put there by hand."""
    from compare.check.diagnosis.measured import relation

    rng = np.random.default_rng(0)
    right = rng.normal(size=(6, 9))
    rows = right.copy()
    rows[2] += 1
    cases = {
        "is 1/64 times": right / 64,
        "is 0 everywhere": right * 0,
        "added to every entry": right + 0.5,
        "is wrong in row 2 alone": rows,
        "matrix of rank 1": right + np.outer(rng.normal(size=6), rng.normal(size=9)),
        "has shape": right.T,
        "not finite": right * np.nan,
        "signs are right": rng.normal(size=(6, 9)),
    }
    for words, found in cases.items():
        assert words in relation("dW", found, right, 1e-12).words, words
    assert relation("dW", right.copy(), right, 1e-12).is_right
