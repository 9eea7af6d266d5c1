"""What cannot fit is refused, and nothing that can."""

import dataclasses

import pytest

from compare.config import HyperParameters
from compare.errors import UsageError
from compare.measure import environment, memory
from compare.record.plan import Plan

GIB = 2**30


def plan(layer_sizes: tuple[int, ...], **changes: object) -> Plan:
    hp = dataclasses.replace(HyperParameters(), layer_sizes=layer_sizes, **changes)  # type: ignore[arg-type]  # of any type
    return Plan(implementations=("numpy", "torch", "sklearn"), hyper_parameters=hp)


def test_a_network_that_one_process_alone_could_not_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """784-1000000-10 has 795,000,010 parameters.

    In the gate two cores hold weights, gradients and velocity of each, and the start:
    7 x 8 bytes x 795,000,010 = 41.5 GiB, beside 64 x 1,000,000 outputs twice, 1 GiB.
    """
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = memory.stages(plan((784, 1_000_000, 10)), n_images=64)
    assert found["the parity gate"] / GIB == pytest.approx(42.4, abs=0.05)
    # Three rows x 3 arrays x 4 bytes, and 0.24 GiB of outputs.
    assert found["the rounds"] / GIB == pytest.approx(26.9, abs=0.05)


def test_outputs_of_many_images_count() -> None:
    """100,000 units for 10,000 images are 4 GB in float32, and 8 each in the gate."""
    few, many = (
        memory.stages(plan((784, 100_000, 10)), n_images=n) for n in (0, 10_000)
    )
    assert many["the rounds"] - few["the rounds"] == 4 * 10**9
    assert many["the parity gate"] - few["the parity gate"] >= 16 * 10**9


@pytest.mark.parametrize("layers", [(784, 128, 64, 10), (784, 4096, 4096, 10)])
def test_what_fits_passes(
    layers: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """4096 wide: 20 million parameters, 160 MB an array of the gate."""
    monkeypatch.setattr(environment, "memory_bytes", lambda: 8 * GIB)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    memory.check(plan(layers, optimizer="adam"), n_images=10_000)
    monkeypatch.setattr(environment, "memory_bytes", lambda: GIB // 64)
    with pytest.raises(UsageError, match=r"more than the 0\.0156 GB"):
        memory.check(plan(layers), n_images=10_000)
