"""The example in a framework that the suite does not know passes the checker."""

import json
import shutil

import pytest

from compare.cli import main


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("clang") is None, reason="tinygrad compiles by clang")
def test_the_example_passes_every_gate(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tinygrad", reason="tinygrad is not installed")
    name = "examples/tinygrad_mlp.py:TinygradMLP"
    code = main(["check", name, "--no-epoch", "--layers", "20-9-10", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == 0, report
    assert report["verdict"] == "right", report["verdict"]
    assert report["passed"] is True
