"""The four tensors of TensorLy's wheel, whole: no worse than TensorLy by itself on NumPy, within 1 %.

The oracle is TensorLy with its own defaults, but for the randomised SVD that it starts from, which takes seconds off.
"""

import numpy as np
import pytest
import tensorly
from tensorly.decomposition import non_negative_parafac, parafac, tensor_train, tucker

from workbench import datasets
from workbench.tensor import decompose

START = {"svd": "randomized_svd", "random_state": 0}
REBUILD = {"cp": tensorly.cp_to_tensor, "tucker": tensorly.tucker_to_tensor, "tt": tensorly.tt_to_tensor}


def alone(kind, fit, tensor, rank, mask=None, **options):
    """The relative error of TensorLy's fit on NumPy, over what is observed."""
    assert tensorly.get_backend() == "numpy"
    seen = np.ones(tensor.shape) if mask is None else mask.astype(float)
    x = np.where(seen > 0, tensor, 0.0)
    given = {} if mask is None else {"mask": seen}
    found = REBUILD[kind](fit(x, rank, **given, **options))
    return np.linalg.norm((x - found) * seen) / np.linalg.norm(x)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_covid_serology_by_four_terms(dtype):
    x = datasets.covid_serology().values.astype(dtype)
    found = decompose(x, "cp", 4).error.value
    assert found <= 1.01 * alone("cp", parafac, x.astype(np.float64), 4)
    assert found == pytest.approx(0.436, abs=0.005)


@pytest.mark.parametrize("rank", [3, 4])
def test_il2_with_what_is_missing(rank):
    x = datasets.il2()
    found = decompose(x.values, "cp", rank, mask="nan").error.value
    assert found <= 1.01 * alone("cp", parafac, x.values, rank, x.mask)
    if rank == 3:
        assert found == pytest.approx(0.238, abs=0.005)


def test_il2_with_what_is_missing_by_nonnegative_terms_and_by_tucker():
    x = datasets.il2()
    found = decompose(x.values, "cp", 3, mask=x.mask, nonnegative=True).error.value
    assert found <= 1.01 * alone("cp", non_negative_parafac, x.values, 3, x.mask)
    found = decompose(x.values, "tucker", (3, 2, 3, 3), mask=x.mask).error.value
    assert found <= 1.01 * alone("tucker", tucker, x.values, (3, 2, 3, 3), x.mask)


def test_kinetic_by_three_terms():
    x = datasets.kinetic().values
    found = decompose(x, "cp", 3).error.value
    assert found <= 1.01 * alone("cp", parafac, x, 3, **START)
    assert found == pytest.approx(0.050, abs=0.002)


def test_indian_pines_by_tucker():
    x = datasets.indian_pines().values
    found = decompose(x, "tucker", (30, 30, 8)).error.value
    assert found <= 1.01 * alone("tucker", tucker, x, (30, 30, 8), **START)
    assert found == pytest.approx(0.0488, abs=0.0005)


def test_a_tensor_train_is_tensorlys():
    x = datasets.covid_serology().values
    found = decompose(x, "tt", (10, 5)).error.value
    assert found == pytest.approx(alone("tt", tensor_train, x, [1, 10, 5, 1]), rel=1e-9)
