import jax.numpy as jnp
import numpy as np
import pytest

from workbench.contraction import best_path, find, parse
from workbench.contraction.order import reduced_first
from workbench.errors import ArgumentError

CASES = [
    ("bcd,cr,ds->brs", [(8, 3, 4), (3, 2), (4, 2)]),
    ("ij,jk->", [(3, 4), (4, 5)]),
    ("ii->i", [(3, 3)]),
    ("ij->ji", [(2, 3)]),
    ("...ij,jk->...ik", [(2, 5, 3, 4), (4, 5)]),
    ("a,b,c->", [(2,), (3,), (4,)]),
    (",ij", [(), (2, 3)]),
    ("iij,jkl,kk,lm->m", [(2, 2, 3), (3, 4, 5), (4, 4), (5, 6)]),
    ("a,ab,bc,cd,de,ef,fg,gh,hi,ij,j->", [(2,), *[(2, 2)] * 9, (2,)]),
    (",".join("abcdefghijklmnopqr"), [(1,)] * 18),
]


@pytest.mark.parametrize(("expression", "shapes"), CASES)
def test_jax_takes_the_best_path(expression, shapes):
    generator = np.random.default_rng(0)
    arrays = [generator.standard_normal(shape).astype(np.float32) for shape in map(tuple, shapes)]
    path = best_path(expression, shapes)
    found = jnp.einsum(expression, *arrays, optimize=path)
    np.testing.assert_allclose(found, np.einsum(expression, *arrays), rtol=1e-4, atol=1e-5)


def test_the_order_follows_the_sizes():
    assert best_path("ij,jk,kl->il", [(2, 50), (50, 50), (50, 50)]) == ((0, 1), (0, 1))
    assert best_path("ij,jk,kl->il", [(50, 50), (50, 50), (50, 2)]) == ((1, 2), (0, 1))


def test_what_only_one_tensor_has_is_summed_first():
    path, terms = reduced_first(parse("aij,jk,kk,kb->b", [(2, 3, 4), (4, 5), (5, 5), (5, 6)]))
    assert (path, terms) == (((0,), (1,)), ["jk", "kb", "j", "k"])


def test_a_path_is_found_once():
    expression, shapes = CASES[0]
    assert best_path(expression, shapes) is best_path(expression, [list(shape) for shape in shapes])


@pytest.mark.parametrize("order", [[(0.5, 1)], [("0", "1")], [0, 1]])
def test_a_path_has_whole_numbers(order):
    with pytest.raises(ArgumentError, match=r"an order is a name, or a path such as .* got \["):
        find(parse("ij,jk->ik", [(2, 3), (3, 4)]), order)
