"""A page of words and tables, for tests that look at nothing else."""

from typing import Any

import pytest
from markupsafe import Markup

from compare.report import pictures


@pytest.fixture
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures of a page out: to draw them takes nearly all of its time."""

    def placed(draw: Any, label: str, caption: str = "") -> pictures.Figure:
        return pictures.Figure(Markup(), caption)

    monkeypatch.setattr(pictures, "placed", placed)
