"""Results that nobody measured: with times, answers and faults chosen by the test."""

from collections.abc import Sequence

import numpy as np

from compare.record.judging import judge
from compare.record.plan import Plan
from compare.record.results import EpochRecord, Parity, Results, Run, pack
from compare.report import text
from compare.show.columns import Remark

N_TEST = 200
SEEDS = (0, 1, 2)
N_EPOCHS = 4
ENVIRONMENT = {
    "processor": "Test 3000",
    "usable_cores": 2,
    "memory_bytes": 2**34,
    "system": "Linux",
    "python": "3.11.7",
    "packages": {"numpy": "2.4.6", "torch": "2.13.0", "scikit-learn": "1.9.1"},
    "load_average_at_start": 0.0,
    "commit": "abc",
}
POOLS = [{"library": "openblas", "version": "1", "architecture": "Zen", "n_threads": 1}]


def answers(labels: np.ndarray, n_wrong: int, seed: int) -> np.ndarray:
    """Return the labels with `n_wrong` of them taken for the next class."""
    wrong = np.random.default_rng(seed).permutation(len(labels))[:n_wrong]
    found = labels.copy()
    found[wrong] = (found[wrong] + 1) % 10
    return found


def labels() -> np.ndarray:
    return (np.arange(N_TEST) % 10).astype(np.uint8)


def run(
    label: str, seed: int, *, seconds: float, n_wrong: int, answer_seed: int = 0
) -> Run:
    """Return a complete run; its times vary by 1 % from epoch to epoch."""
    y = labels()
    predictions = answers(y, n_wrong, 100 * seed + answer_seed)
    epochs = [
        EpochRecord(
            epoch=epoch,
            turn=0,
            train_seconds=seconds * (1 + 0.01 * ((epoch + seed) % 3)),
            cpu_seconds=seconds * (1 + 0.01 * ((epoch + seed) % 3)),
            train_sample_loss=0.4 / (epoch + 1),
            train_sample_accuracy=1 - 0.1 / (epoch + 1),
            val_loss=0.5 / (epoch + 1),
            val_accuracy=1 - 0.2 / (epoch + 1),
        )
        for epoch in range(N_EPOCHS)
    ]
    return Run(
        label,
        seed,
        status="complete",
        import_seconds=0.1,
        create_seconds=0.01,
        warm_up_seconds=0.02,
        thread_pools=POOLS,
        epochs=epochs,
        test_accuracy=float((predictions == y).mean()),
        test_loss=0.1,
        one_image_seconds=15e-6,
        test_set_seconds=0.03,
        peak_memory_bytes=2**28,
        predictions=pack(predictions),
        confidences=pack(np.full(N_TEST, 240, dtype=np.uint8)),
    )


def results(
    seconds: dict[str, float],
    *,
    n_wrong: dict[str, int] | None = None,
    seeds: Sequence[int] = SEEDS,
    answer_seed: int = 0,
) -> Results:
    """Return a finished comparison; rows are equal but for what is asked."""
    n_wrong = n_wrong or {}
    names = [label for label in seconds if not label.endswith("(control)")]
    found = Results(
        plan=Plan(
            implementations=tuple(names),
            control=len(names) < len(seconds),
            seeds=tuple(seeds),
            n_epochs=N_EPOCHS,
        ),
        environment=dict(ENVIRONMENT),
        data={
            "source": "mnist",
            "sha256": "f00d",
            "n_train": 54_000,
            "n_val": 6_000,
            "n_test": N_TEST,
            "class_names": list("0123456789"),
        },
        command=["--seeds", "3", "--out", "some where", "--impl", "numpy"],
        started="2026-01-31T12:00:00+01:00",
        parity=[Parity(n, "torch", "equal", "", 1e-15, N_TEST, N_TEST) for n in names],
        test_labels=pack(labels()),
        finished=True,
    )
    for seed in seeds:
        for label, time in seconds.items():
            wrong = n_wrong.get(label, 10)
            found.runs.append(
                run(label, seed, seconds=time, n_wrong=wrong, answer_seed=answer_seed)
            )
    return found


def with_gallery(found: Results) -> Results:
    """Return the results with two images to show, as `compare.gallery` leaves them."""
    y = labels()
    first = found.runs[0]
    wrong = np.flatnonzero(answers(y, 10, 100 * first.seed) != y)[:2].tolist()
    image = np.zeros(784, dtype=np.uint8)
    image[100:120] = 255
    found.gallery = {
        "seed": first.seed,
        "row": first.implementation,
        "n_mistakes": 10,
        "n_disagree": 2,
        "mistakes": wrong,
        "disagree": wrong,
        "images": {str(i): pack(image) for i in wrong},
    }
    return found


def printed_row(found: Results, label: str) -> list[str]:
    """Return the cells of a row of the first table, or its name and why it has none."""
    judged = judge(found)
    row = text.training_row(judged, judged[label])
    if isinstance(row, Remark):
        return [row.name, row.sentence]
    return [str(cell) for cell in row]
