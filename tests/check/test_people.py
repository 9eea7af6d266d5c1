"""Networks of other people, each right, and each with the mistakes that people make.

A case is one of the files of `people/` with some of its lines changed, and what must
be said of it: the verdict, and the mistakes or the other choices by name. An unknown
one has no name, and a line instead.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from compare.check.api import check

PEOPLE = Path(__file__).parent / "people"


@dataclass(frozen=True)
class Case:
    """A file, the lines that are changed in it, and what must be said."""

    file: str
    verdict: str
    named: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    is_slow: bool = True


SQUARES = ("forward-other-activation", "no-softmax", "loss-squared-error")
BINARY = ("no-softmax", "loss-binary")
DW = "dWs.append(self.inputs[k].T @ delta)"
START = "        for start in range(0"
ROWS = "order[start:start + self.batch_size]"
STEP = "self.step(*self.backward(p, y[rows]))"
UPDATE = "    def step(self, dWs, dbs):\n"
SUM = "np.sum(dZ, axis=1, keepdims=True)"
CASES = {
    # Right, or another network, and no mistake in it.
    "network": Case("network", "right"),
    "samples": Case("samples", "different", SQUARES),
    "samples, logistic": Case(
        "samples",
        "different",
        ("forward-other-activation", "no-softmax", "loss-binary"),
        (
            (
                "(activations[-1] - y) * sigmoid_prime(zs[-1])",
                "activations[-1] - y",
            ),
        ),
    ),
    "columns": Case("columns", "different", BINARY),
    "layers": Case("layers", "right"),
    "adam": Case("adam", "right"),
    "average": Case("average", "different", ("momentum-damped",)),
    "dropout": Case("dropout", "different", ("random-training",), is_slow=False),
    "own loss": Case("own_loss", "different", ("own-loss",), is_slow=False),
    "own loss, smoothed": Case(
        "own_loss",
        "different",
        ("label-smoothing",),
        (
            ("c * (p - t)", "(p - t)"),
            ("(c * t * logp)", "(t * logp)"),
            ("c = (1 + np.arange(p.shape[1]) / 10)[y][:, None]", "t = 0.9 * t + 0.01"),
        ),
    ),
    "regression": Case("regression", "different", SQUARES),
    "functions": Case("functions", "right"),
    # Mistakes.
    "all rows divide": Case(
        "network",
        "wrong",
        ("divisor-other",),
        (("/= len(y)", "/= self.m"), (START, f"        self.m = len(X)\n{START}")),
    ),
    "features divide": Case(
        "columns",
        "wrong",
        ("divisor-other",),
        (("m = X.shape[1]", "m = X.shape[0]"),),
    ),
    "own shuffling, seeded": Case(
        "network",
        "wrong",
        ("order-ignored",),
        (
            (
                START,
                "        order = np.random.default_rng(0).permutation(order)\n" + START,
            ),
        ),
    ),
    "labels in order": Case(
        "network",
        "wrong",
        ("labels-not-shuffled",),
        ((STEP, "self.step(*self.backward(p, y[start:start + len(rows)]))"),),
    ),
    "clipped together": Case(
        "network",
        "wrong",
        ("gradient-clipped",),
        (
            (
                UPDATE,
                UPDATE
                + "        n = np.sqrt(sum((g ** 2).sum() for g in dWs + dbs))\n"
                + "        n = max(n, 1)\n"
                + "        dWs, dbs = [g / n for g in dWs], [g / n for g in dbs]\n",
            ),
        ),
    ),
    "momentum of weights": Case(
        "network",
        "wrong",
        ("momentum-weights-only",),
        (("self.learning_rate * self.vb[k]", "self.learning_rate * dbs[k]"),),
    ),
    "one bias number": Case(
        "columns", "wrong", ("db-wrong-axis",), ((SUM, "np.sum(dZ)"),), is_slow=False
    ),
    "other axis": Case(
        "columns",
        "wrong",
        ("db-wrong-axis",),
        ((SUM, "np.sum(dZ, axis=0, keepdims=True)"),),
    ),
    "slope of z": Case(
        "columns",
        "wrong",
        ("derivative-at-preactivation",),
        (('cache["A" + str(l - 1)], 2)', 'cache["Z" + str(l - 1)], 2)'),),
    ),
    "bias forgotten": Case(
        "layers",
        "wrong",
        ("forward-no-bias",),
        (("return x @ self.W + self.b", "return x @ self.W"),),
    ),
    "updated before": Case(
        "layers",
        "wrong",
        ("updated-weights",),
        (
            ("        out = grad @ self.W.T\n", ""),
            ("        return out\n", "        return grad @ self.W.T\n"),
        ),
    ),
    "no correction": Case(
        "adam",
        "wrong",
        ("adam-no-correction",),
        ((" / (1 - self.beta1 ** self.t)", ""), (" / (1 - self.beta2 ** self.t)", "")),
    ),
    "t of every array": Case(
        "adam",
        "wrong",
        ("adam-t",),
        (
            (
                "            self.t += 1\n            for i, gi in enumerate(g):\n",
                "            for i, gi in enumerate(g):\n                self.t += 1\n",
            ),
        ),
    ),
    "the 2 of a square": Case(
        "regression",
        "wrong",
        ("constant-factor",),
        (("dZ = 2 * E / E.size", "dZ = E / E.size"),),
    ),
    "a pair": Case(
        "functions",
        "wrong",
        ("factor-two", "db-averaged"),
        (("d.sum(axis=0)", "d.mean(axis=0)"), ("(p - t)", "2 * (p - t)")),
    ),
    # No mistake of the catalogue: located, and never named by a guess.
    "an odd factor": Case(
        "functions",
        "wrong",
        (),
        (("* dact(zs[k - 1])", "* dact(zs[k - 1]) * (1.1 if k == 1 else 1)"),),
    ),
    "a mean taken off": Case(
        "functions", "wrong", (), (("hs[k].T @ d,", "(hs[k] - hs[k].mean(0)).T @ d,"),)
    ),
}


def test_every_file_has_a_case() -> None:
    assert {path.stem for path in PEOPLE.glob("*.txt")} == {
        case.file for case in CASES.values() if not case.edits
    }


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if case.is_slow else ())
        for name, case in CASES.items()
    ],
)
def test_what_is_said(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    text = (PEOPLE / f"{case.file}.txt").read_text()
    for old, new in case.edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    path = tmp_path / "mine.py"
    path.write_text(text)
    report = check(str(path), whole_epoch=False, layer_sizes=(20, 9, 8, 10))
    assert report.verdict == case.verdict, report
    named = report.mistakes or [d.key for d in report.differences]
    assert tuple(named) == case.named, report
    if case.verdict != "wrong":
        assert not report.findings, report
    elif not case.named:
        (finding,) = report.findings
        assert finding.facts, report
        assert finding.next_step, report
        assert report.reading.departure is not None, report
