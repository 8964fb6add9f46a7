import numpy as np
import pytest

from workbench.imperative import nd
from workbench.train import initializer as init


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(("made", "value"), [(init.Zero(), 0), (init.One(), 1), (init.Constant(0.5), 0.5)])
def test_fills_in_the_arrays_dtype(made, value, dtype):
    arr = nd.full((2, 3), 9.0, dtype=dtype)
    made(init.InitDesc("a_weight"), arr)
    np.testing.assert_array_equal(arr.asnumpy().astype(np.float64), np.full((2, 3), value))
    assert np.dtype(arr.dtype).name == dtype


@pytest.mark.parametrize("wrap", [list, np.array, nd.array])
def test_a_constant_array(wrap):
    arr = nd.zeros((3,))
    init.Constant(wrap([1.0, 2.0, 3.0]))(init.InitDesc("a_weight"), arr)
    np.testing.assert_array_equal(arr.asnumpy(), [1, 2, 3])
    assert init.Constant(wrap([1.0, 2.0, 3.0])).dumps() == '["constant", {"value": [1.0, 2.0, 3.0]}]'
