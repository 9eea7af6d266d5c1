"""Early stopping in words: how long each row trained, and whose weights were tested."""

from compare.record.plan import Plan
from compare.record.verdicts import Verdicts
from compare.show.words import count, listed


def length(plan: Plan) -> str:
    """Return how long a run trains: 10 epochs, or up to 10 epochs with a patience."""
    epochs = count(plan.n_epochs, "epoch")
    if plan.patience is None:
        return epochs
    return f"up to {epochs} (early stopping, patience {plan.patience})"


def sentences(judged: Verdicts) -> list[str]:
    """Return the epochs trained and those tested, seed by seed; equal rows together."""
    if judged.results.plan.patience is None:
        return []
    found: dict[str, list[str]] = {}
    for row in judged.rows:
        if row.complete:
            trained = listed([str(len(run.epochs)) for run in row.complete])
            kept = listed([str(run.kept.epoch + 1) for run in row.complete])
            words = f"{trained}; tested with the weights of epoch {kept}"
            found.setdefault(words, []).append(row.short)
    return [
        f"{listed(names)}, epochs trained: {words}, the best on validation"
        for words, names in found.items()
    ]
