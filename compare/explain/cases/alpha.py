"""The same number as `alpha` in scikit-learn and as `weight_decay` in PyTorch."""

from dataclasses import replace

from compare.config import HyperParameters
from compare.explain.cases.common import Case, Part, engine_answers, load, percent
from compare.show import sentences
from compare.statistics import accuracy_verdict

STRENGTH = 0.02
SEEDS = (0, 1, 2)


def run() -> Case:
    """Train with the same number, then with the same decay."""
    dataset, plain = load(), HyperParameters()
    decayed = replace(plain, weight_decay=STRENGTH)
    # The suite's sklearn takes λ and sets alpha = λ · batch size.
    same_number = replace(plain, weight_decay=STRENGTH / plain.batch_size)
    with_torch = engine_answers("torch", decayed, dataset, SEEDS)
    weak = engine_answers("sklearn", same_number, dataset, SEEDS)
    equal = engine_answers("sklearn", decayed, dataset, SEEDS)
    gap = accuracy_verdict("torch", "sklearn", with_torch, weak)
    mended = accuracy_verdict("torch", "sklearn", with_torch, equal)
    heads = ("", "setting", "test accuracy")
    torch_line = ("PyTorch", f"weight_decay={STRENGTH}", percent(with_torch))
    return Case(
        claim="scikit-learn's regularization is weaker.",
        false=Part(
            "As published: the same number in both",
            heads,
            (torch_line, ("scikit-learn", f"alpha={STRENGTH}", percent(weak))),
            f"{sentences.accuracy(gap)}.",
        ),
        mended=Part(
            "alpha is divided by the size of each batch: alpha = weight_decay · 64",
            heads,
            (
                torch_line,
                (
                    "scikit-learn",
                    f"alpha={STRENGTH * plain.batch_size:g}",
                    percent(equal),
                ),
            ),
            f"{sentences.accuracy(mended)}. What is left comes from the short last "
            "batch of an epoch, which scikit-learn lets decay more.",
        ),
        rows=(
            {
                "part": "false",
                "torch_accuracy": float(with_torch.mean()),
                "sklearn_accuracy": float(weak.mean()),
            },
            {
                "part": "mended",
                "torch_accuracy": float(with_torch.mean()),
                "sklearn_accuracy": float(equal.mean()),
            },
        ),
    )
