"""Programs end with the parameters that MXNet ends with."""

import numpy as np
import pytest

from tests.mxnet import oracle
from tests.programs.run import PROGRAMS, here, under_mxnet

pytestmark = pytest.mark.skipif(oracle.PYTHON is None, reason=oracle.HOW)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_where_it_does_under_mxnet(name, tmp_path, monkeypatch):
    folders = [tmp_path / "here", tmp_path / "mxnet"]
    for folder in folders:
        folder.mkdir()
    found, expected = here(name, folders[0], monkeypatch), under_mxnet(name, folders[1])
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=2e-3, atol=2e-4, err_msg=key)
