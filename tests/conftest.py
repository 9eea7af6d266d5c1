"""What every test shares: one thread, repeatable hypothesis, MNIST read once.

One thread, because two test processes with a pool of threads each wait for one
another; set here, before anything imports NumPy.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import hypothesis  # noqa: E402  # after the thread counts
import pytest  # noqa: E402

import data  # noqa: E402

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many specimens of the bug zoo were named, if they were asked for."""
    outcomes = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "bug zoo"
    ]
    if outcomes:
        named = outcomes.count("named")
        terminalreporter.write_line(
            f"bug zoo: {len(outcomes)} specimens, {named} named exactly, "
            f"{len(outcomes) - named} not"
        )
