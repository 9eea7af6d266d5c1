"""What the leaner ways of using PyTorch refuse. That they train the same network as the
plain one is tested for all engines, in `tests/core/test_same_training.py`.
"""

import pytest

from compare import HyperParameters, registry
from compare.errors import UnsupportedError


def test_without_a_compiler_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(UnsupportedError, match=r"C\+\+ compiler.*install g\+\+"):
        registry.create("torch-compile", HyperParameters())


def test_without_headers_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: "/nowhere")
    with pytest.raises(UnsupportedError, match=r"/nowhere/Python\.h does not exist"):
        registry.create("torch-compile", HyperParameters())
