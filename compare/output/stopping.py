"""Early stopping in words: how long each row trained, and whose weights were tested."""

from compare.output.words import count, listed
from compare.plan import Plan, short
from compare.results import Results


def length(plan: Plan) -> str:
    """Return how long a run trains: 10 epochs, or up to 10 epochs with a patience."""
    epochs = count(plan.n_epochs, "epoch")
    if plan.patience is None:
        return epochs
    return f"up to {epochs} (early stopping, patience {plan.patience})"


def sentences(results: Results) -> list[str]:
    """Return one sentence per row: its epochs, and the one tested, seed by seed."""
    if results.plan.patience is None:
        return []
    found = []
    for label in results.plan.implementations:
        runs = results.complete_runs_of(label)
        if runs:
            trained = listed([str(len(run.epochs)) for run in runs])
            kept = listed([str(run.kept.epoch + 1) for run in runs])
            found.append(
                f"{short(label)}, epochs trained: {trained}; tested with the weights "
                f"of epoch {kept}, the best on validation"
            )
    return found
