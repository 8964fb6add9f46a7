"""TensorLy's backend and JAX's setting stay as the user has them, in every thread, whatever happens."""

import subprocess
import sys
import threading

import jax.numpy as jnp
import numpy as np
import pytest
from tensorly import backend as manager

from workbench.tensor.fitting.leading import leading
from workbench.tensor.fitting.local_tensorly import tensorly_on


@pytest.fixture
def numpy_backend():
    """The test may choose backends; afterwards it is as it was."""
    before = manager.get_backend()
    with tensorly_on("jax"):  # loaded by TensorLy itself, it would change JAX's setting
        pass
    yield
    manager.set_backend(before)


def in_a_thread(fn):
    found = []
    thread = threading.Thread(target=lambda: found.append(fn()))
    thread.start()
    thread.join()
    return found[0]


def test_inside_it_is_jax_in_float64_for_this_thread_alone():
    with tensorly_on("jax"):
        assert manager.get_backend() == "jax"
        assert manager.tensor(np.ones(2)).dtype == np.float64
        assert in_a_thread(manager.get_backend) == "numpy"
    assert manager.get_backend() == "numpy"


def test_the_backend_comes_back_after_an_error():
    with pytest.raises(ZeroDivisionError), tensorly_on("jax"):
        1 / 0  # noqa: B018
    assert manager.get_backend() == "numpy"
    assert jnp.ones(1).dtype == np.float32


def test_a_thread_that_chose_a_backend_keeps_it_and_the_others_keep_theirs(numpy_backend):
    def chosen_here():
        manager.set_backend("jax", local_threadsafe=True)
        with tensorly_on("numpy"):
            pass
        return manager.get_backend()

    assert in_a_thread(chosen_here) == "jax"
    assert in_a_thread(manager.get_backend) == manager.get_backend() == "numpy"


def test_a_thread_that_chose_none_still_follows_the_others(numpy_backend):
    turn, done = threading.Event(), threading.Event()
    found = []

    def follower():
        with tensorly_on("numpy"):
            pass
        turn.set()
        done.wait(10)
        found.append(manager.get_backend())

    thread = threading.Thread(target=follower)
    thread.start()
    turn.wait(10)
    manager.set_backend("jax")
    done.set()
    thread.join()
    assert found == ["jax"]


def test_importing_tensorly_for_jax_leaves_jax_in_32_bits():
    code = (
        "import jax.numpy as jnp; from workbench.tensor import decompose; "
        "decompose([[1.0, 2.0], [3.0, 5.0]], 'tucker', 1); import tensorly; "
        "print(jnp.ones(1).dtype, tensorly.get_backend())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["float32", "numpy"]


@pytest.mark.parametrize("shape", [(4, 90), (90, 4), (6, 6)])
def test_leading_triplets_are_those_of_an_svd(shape):
    matrix = np.random.RandomState(0).normal(size=shape)
    u, s, v = leading(matrix, 3)
    np.testing.assert_allclose(s, np.linalg.svd(matrix)[1][:3])
    np.testing.assert_allclose(u.T @ u, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(v @ v.T, np.eye(3), atol=1e-7)
    full = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(u * s @ v, full[0][:, :3] * full[1][:3] @ full[2][:3], atol=1e-10)


def test_singular_vectors_stay_orthonormal_where_values_vanish():
    matrix = np.outer(np.arange(1.0, 30), [1, 2, 3])
    u, s, _ = leading(matrix, 3)
    np.testing.assert_allclose(u.T @ u, np.eye(3), atol=1e-12)
    assert s[1] < 1e-6 * s[0]


def test_blocks_nest():
    with tensorly_on("jax"):
        with tensorly_on("numpy"):
            assert type(manager.tensor([1.0])) is np.ndarray
        assert manager.get_backend() == "jax"
    assert manager.get_backend() == "numpy"
