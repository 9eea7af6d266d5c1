"""The small data, written once."""

from pathlib import Path

import pytest

from tests.measure import small


@pytest.fixture(scope="session")
def folder_of_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write_data(tmp_path_factory.mktemp("data") / "idx")
