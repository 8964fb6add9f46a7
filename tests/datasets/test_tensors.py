"""The tensors that come with TensorLy: shapes, labels, what is missing, and no network."""

import numpy as np
import pytest
from tensorly import backend

from workbench import datasets
from workbench.tensor.fitting.local_tensorly import tensorly_on

SETS = {
    "il2": ((13, 4, 12, 8), 192),
    "covid_serology": ((438, 6, 11), 0),
    "indian_pines": ((145, 145, 200), 0),
    "kinetic": ((64, 12, 10, 60), 1754),
}


@pytest.mark.parametrize(("name", "shape", "missing"), [(name, *about) for name, about in SETS.items()])
def test_a_tensor_says_what_its_modes_are_and_where_it_comes_from(name, shape, missing, monkeypatch):
    monkeypatch.setattr("tensorly.datasets.data_imports.urlopen", None)  # so that asking the network fails
    found = getattr(datasets, name)()
    assert found.shape == shape
    assert found.values.dtype == np.float64
    assert len(found.modes) == len(shape)
    assert tuple(map(len, found.labels)) == shape
    assert (0 if found.mask is None else (~found.mask).sum()) == missing
    assert "20" in found.source
    assert "  " not in found.source
    assert len(found.licence) > 50


def test_what_was_not_measured_is_nan_or_0():
    il2 = datasets.il2()
    np.testing.assert_array_equal(np.isnan(il2.values), ~il2.mask)
    kinetic = datasets.kinetic()
    assert (kinetic.values[~kinetic.mask] == 0).all()


def test_a_call_gives_an_array_of_its_own():
    first = datasets.covid_serology().values
    first[:] = 0
    assert datasets.covid_serology().values.any()


def test_the_users_backend_does_not_matter():
    before = backend.get_backend()
    with tensorly_on("jax"):  # loaded by TensorLy itself, it would change JAX's setting
        pass
    backend.set_backend("jax")
    try:
        found = datasets.il2()
        assert backend.get_backend() == "jax"
    finally:
        backend.set_backend(before)
    assert type(found.values) is np.ndarray
    np.testing.assert_array_equal(found.values, datasets.il2().values)


def test_a_tensor_describes_itself():
    assert repr(datasets.il2()) == (
        "LabelledTensor(IL-2 responses: 13 ligand, 4 time, 12 dose, 8 cell; 192 of 4992 missing)"
    )
    assert repr(datasets.covid_serology()) == (
        "LabelledTensor(COVID-19 serology: 438 sample, 6 antigen, 11 receptor)"
    )
