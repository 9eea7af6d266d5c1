"""What the numbers mean, in sentences, and what makes them doubtful."""

from compare.record.verdicts import Failure, Judged, Verdicts
from compare.report import analysis, floors, stopping
from compare.report.text import OTHER
from compare.show import sentences
from compare.show.ratio import measured
from compare.show.terminal import bullets, paint
from compare.show.words import listed
from compare.statistics import LOAD_PER_CORE, SpeedVerdict

# Verdicts that say who is faster, or that nobody is.
RANKED = ("faster", "slower", "same")


def render(found: Verdicts) -> str:
    """Return the sentences below the tables."""
    blocks = [bullets(meaning(found))]
    doubted = doubts(found)
    if doubted:
        blocks.append(
            f"{paint('What makes these figures doubtful:', 'doubt')}\n"
            + bullets(doubted)
        )
    return "\n" + "\n".join(block for block in blocks if block)


def meaning(found: Verdicts) -> list[str]:
    """Return one sentence per finding: speed, accuracy, the control, early stopping."""
    tested = [
        f"{sentence}; exact McNemar per seed: p = {p_values}"
        for sentence, p_values in _accuracies(found)
    ]
    left_out = analysis.too_many_classes(found.results)
    return [
        *speed_sentences(found),
        *tested,
        *stopping.sentences(found),
        *filter(None, [left_out]),
    ]


def speed_sentences(found: Verdicts) -> list[str]:
    """Return what may be said of each row's speed, and what the control says."""
    said = [
        sentences.speed(row.speed) if found.is_ranked(row) else _unranked(row.speed)
        for row in found.beside_baseline
        if row.speed is not None
    ]
    control = [] if found.control is None else [sentences.control(found.control)]
    return said + floors.sentences(found) + control


def _unranked(speed: SpeedVerdict) -> str:
    apart = f"{speed.name} is {OTHER} than {speed.baseline_name}"
    if speed.verdict not in RANKED:
        return f"{sentences.speed(speed)}; {apart}"
    return f"{apart} and not ranked with it (speed ratio {measured(speed.ratio)})"


def accuracy_sentences(found: Verdicts) -> list[str]:
    """Return what may be said of each row's accuracy."""
    return [sentence for sentence, _ in _accuracies(found)]


def _accuracies(found: Verdicts) -> list[tuple[str, str]]:
    """Return a sentence for each row, and the p values of its seeds."""
    said = []
    for row in found.beside_baseline:
        if row.accuracy is None:
            continue
        sentence = sentences.accuracy(row.accuracy)
        if not found.is_ranked(row):
            sentence += f"; {row.short} is {OTHER} than {found.baseline.short}"
        p_values = ", ".join(f"{test.p:.2g}" for test in row.accuracy.per_seed)
        said.append((sentence, p_values))
    return said


def doubts(found: Verdicts) -> list[str]:
    """Return everything that makes the figures doubtful, as sentences."""
    said = [sentence for row in found.rows for sentence in failures(found, row)]
    if found.busy_load is not None:
        n_cores = found.results.environment["usable_cores"]
        said.append(sentences.busy_machine(found.busy_load, n_cores, LOAD_PER_CORE))
    for row in found.rows:
        said += [sentences.noise(row.short, noise) for noise in row.noise]
        said += _thread_doubts(found, row)
    return said + [
        f"{listed(kernels.names)} use{'s' if len(kernels.names) == 1 else ''} OpenBLAS "
        f"{kernels.version} with its {kernels.architecture} kernels on a processor "
        "with AVX-512, at about half of its speed: a newer NumPy may know the processor"
        for kernels in found.slow_kernels
    ]


def failures(found: Verdicts, row: Judged) -> list[str]:
    """Return which runs of a row failed, where and why."""
    return [
        f"{row.short}, {'seed' if len(failure.seeds) == 1 else 'seeds'} "
        f"{listed([str(seed) for seed in failure.seeds])}: failed "
        f"{_place(failure, found.results.plan.n_epochs)} ({failure.reason}); "
        "counted in no average, time or figure"
        for failure in row.failures
    ]


def _place(failure: Failure, n_epochs: int) -> str:
    """Return how far failed runs came; their warm-up belongs to the first epoch."""
    if failure.n_epochs is None:
        return "after its last epoch"
    if failure.n_epochs == 0:
        return "before the end of its first epoch"
    return f"in epoch {failure.n_epochs + 1} of {n_epochs}"


def _thread_doubts(found: Verdicts, row: Judged) -> list[str]:
    wanted = found.results.plan.n_threads
    return [
        f"{row.short}: {library} reports {n} threads where {wanted} were asked for: "
        "its times are not comparable"
        for library, n in row.threads.items()
    ]
