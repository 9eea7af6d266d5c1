"""Kernels prescribed by the shell: set aside for measuring, named, kept on request."""

from dataclasses import replace

import pytest
import threadpoolctl

from compare.config import HyperParameters
from compare.measure import environment, kernels
from compare.measure.remote import RemoteImplementation
from compare.record import judging
from compare.report import notes
from tests.measure import small
from tests.report import invented

HP = HyperParameters(layer_sizes=small.LAYERS)
# An old processor's: OpenBLAS obeys it wherever it runs on x86-64.
OLD = "Nehalem"


@pytest.fixture
def openblas(monkeypatch: pytest.MonkeyPatch) -> str:
    """The kernels OpenBLAS chose in this process; skips where it cannot be told."""
    for pool in threadpoolctl.threadpool_info():
        if pool["internal_api"] == "openblas" and environment.has_avx512() is not None:
            return str(pool["architecture"])
    pytest.skip("NumPy has no OpenBLAS for x86-64 here")


def architecture_of_worker() -> str:
    with RemoteImplementation("numpy", n_threads=1) as worker:
        pools = worker.create(HP)["thread_pools"]
    return next(str(p["architecture"]) for p in pools if p["library"] == "openblas")


def test_a_worker_chooses_for_itself_unless_asked(
    openblas: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", OLD)
    assert architecture_of_worker() != OLD
    monkeypatch.setenv(kernels.SWITCH, kernels.KEEP)
    assert architecture_of_worker() == OLD


def test_only_variables_about_kernels_are_set_aside() -> None:
    shell = {"OPENBLAS_CORETYPE": "Zen", "ATEN_CPU_CAPABILITY": "avx2", "HOME": "/root"}
    assert kernels.environment(shell) == {"HOME": "/root"}
    kept = {**shell, kernels.SWITCH: kernels.KEEP}
    assert kernels.environment(kept) == kept
    assert kernels.overrides({"OPENBLAS_CORETYPE": "", "HOME": "/root"}) == {}


def test_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in kernels.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert environment.kernel_note(environment.stamp()) == ""
    monkeypatch.setenv("MKL_CBWR", "AVX2")
    told = environment.kernel_note(environment.stamp())
    assert "MKL_CBWR=AVX2" in told
    assert "set aside" in told
    monkeypatch.setenv(kernels.SWITCH, kernels.KEEP)
    kept = environment.kernel_note(environment.stamp())
    assert "MKL_CBWR=AVX2" in kept
    assert "set aside" not in kept


def test_the_stamp_says_nothing_of_denormals() -> None:
    """Whether they are flushed is a state of each process, and nobody asks it."""
    assert not [name for name in environment.stamp() if "denormal" in name]


@pytest.mark.parametrize(
    ("avx512", "chosen", "doubtful"),
    [
        (True, "Haswell", True),
        (True, "SkylakeX", False),
        (False, "Haswell", False),
        (None, "neoversen1", False),
    ],
)
def test_kernels_older_than_the_processor_are_a_doubt(
    avx512: bool | None, chosen: str, doubtful: bool
) -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0})
    results.environment["avx512"] = avx512
    pool = {"library": "openblas", "version": "1", "architecture": chosen}
    results.runs = [
        replace(run, thread_pools=[{**pool, "n_threads": 1}]) for run in results.runs
    ]
    doubts = notes.doubts(judging.judge(results))
    found = [line for line in doubts if "AVX-512" in line]
    assert len(found) == doubtful
    assert all(chosen in line for line in found)
