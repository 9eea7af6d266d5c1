"""Early stopping in words: how long each row trained, and whose weights were tested."""

from compare.record.plan import Plan, short
from compare.record.results import Results
from compare.show.words import count, listed


def length(plan: Plan) -> str:
    """Return how long a run trains: 10 epochs, or up to 10 epochs with a patience."""
    epochs = count(plan.n_epochs, "epoch")
    if plan.patience is None:
        return epochs
    return f"up to {epochs} (early stopping, patience {plan.patience})"


def sentences(results: Results) -> list[str]:
    """Return the epochs trained and those tested, seed by seed; equal rows together."""
    if results.plan.patience is None:
        return []
    found: dict[str, list[str]] = {}
    for label in results.plan.implementations:
        runs = results.complete_runs_of(label)
        if runs:
            trained = listed([str(len(run.epochs)) for run in runs])
            kept = listed([str(run.kept.epoch + 1) for run in runs])
            words = f"{trained}; tested with the weights of epoch {kept}"
            found.setdefault(words, []).append(short(label))
    return [
        f"{listed(names)}, epochs trained: {words}, the best on validation"
        for words, names in found.items()
    ]
