"""What every test shares: one thread, repeatable hypothesis, MNIST read once.

One thread, because two test processes with a pool of threads each wait for one
another; set here, before anything imports NumPy.
"""

import os
import re
import signal
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# What is printed depends on the terminal, and pytest-xdist tells its workers of one.
for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(name, None)

# A shell that starts the tests in the background lets them ignore Ctrl-C, and they
# would hand that on to every process that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import hypothesis  # noqa: E402  # after the thread counts
import pytest  # noqa: E402

import data  # noqa: E402
from tests.measure import small  # noqa: E402
from tests.started import SMALL, FinishedRun, compare  # noqa: E402

COMPILED = re.compile(r"jax|numba|Compiled")

# The same examples in every run: a red run can be repeated, on any machine.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def mnist() -> data.Dataset:
    """MNIST in float64: 54,000 / 6,000 / 10,000 images. Nobody may write to it."""
    dataset = data.load("mnist", seed=0, dtype="float64")
    for part in ("train", "val", "test"):
        getattr(dataset, f"X_{part}").flags.writeable = False
        getattr(dataset, f"y_{part}").flags.writeable = False
    return dataset


@pytest.fixture(scope="session")
def folder_of_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four IDX files of 600 small images in all, written once."""
    return small.write_data(tmp_path_factory.mktemp("data") / "idx")


@pytest.fixture(scope="session")
def finished_run(
    folder_of_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> FinishedRun:
    """One whole comparison from the command line, which nobody may write into.

    Somebody's own file beside a built-in, from another folder, paths relative to it.
    """
    place = tmp_path_factory.mktemp("elsewhere")
    (place / "mine (1).py").write_bytes(small.FILE.read_bytes())
    impl = ("--impl", "numpy", "mine (1).py:Plain")
    how = ("--data", folder_of_data, *SMALL, "--out", "mine/first")
    export = ("--export-json", "mine/summary.json")
    done = compare(*impl, *how, *export, cwd=place)
    return FinishedRun(done, place, place / "mine" / "first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of compiled engines first, so that one process runs them all.

    Two processes share the tests as two halves. Numba and JAX compile in each process
    that uses them, Numba for ten seconds.
    """
    items.sort(key=lambda item: COMPILED.search(item.nodeid) is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many specimens of the bug zoo were named, and other shares measured."""
    properties = [
        pair
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for pair in report.user_properties
    ]
    outcomes = [value for name, value in properties if name == "bug zoo"]
    if outcomes:
        named = outcomes.count("named")
        terminalreporter.write_line(
            f"bug zoo: {len(outcomes)} specimens, {named} named exactly, "
            f"{len(outcomes) - named} not"
        )
    for name, value in properties:
        if name == "told":
            terminalreporter.write_line(value)
