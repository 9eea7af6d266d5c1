"""A model runs in the precision of its weights."""

import numpy as np
import pytest

from compare.record.model_file import Model
from tests import engines
from tests.problems import DTYPES, make_problem


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", engines.params(slow=engines.is_optional))
def test_a_model_predicts_in_the_dtype_of_its_weights(name: str, dtype: str) -> None:
    problem = make_problem((6, 5, 4), dtype=dtype)
    model = Model(
        weights=problem.weights,
        activation=problem.activation,
        class_names=("a", "b", "c", "d"),
        data_source="random",
        data_sha256="",
        written_by="numpy",
    )
    implementation = model.implementation(name)
    assert implementation.get_weights()[0][0].dtype == np.dtype(dtype)
    assert implementation.predict_proba(problem.X).dtype == np.dtype(dtype)
