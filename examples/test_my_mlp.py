"""A test for pytest: it fails with the whole report, diagnosis included."""

import compare
from examples.my_mlp import MyMLP


def test_my_backpropagation() -> None:
    """My network computes what PyTorch computes."""
    report = compare.check(MyMLP, layer_sizes=(20, 16, 10))
    assert report.passed, report
