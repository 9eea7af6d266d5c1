from pathlib import Path

import pytest

from tests.measure import small


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small images that every engine learns in a moment."""
    return small.write_data(tmp_path_factory.mktemp("digits"), n_train=200, n_test=50)
