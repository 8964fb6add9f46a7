import jax
import jax.numpy as jnp
import numpy as np
import pytest
from random_expressions import arrays, expressions

from workbench.contraction import ContractionTree, find, parse
from workbench.runtime.device import cpu
from workbench.tensor.contraction_program import ContractionProgram, contracted

F32 = np.dtype(np.float32)
CHAIN = parse("ab,bc,cd->ad", [(64, 256), (256, 512), (512, 32)])


def program(tree, dtype=F32):
    return ContractionProgram(tree, (dtype,) * len(tree.expression.inputs), cpu())


@pytest.mark.parametrize("order", ["left_to_right", "single_loop", "best"])
def test_a_program_computes_the_expression(order):
    for expression, shapes in expressions(10, 12, range(1, 5), rank=3, indices=6, sizes=(1, 2, 3)):
        given = arrays(shapes)
        tree = find(parse(expression, shapes), order)
        with jax.enable_x64(True):
            found = contracted(tree, list(map(jnp.asarray, given)))
        np.testing.assert_allclose(found, np.einsum(expression, *given), rtol=1e-10, atol=1e-12)


def test_slices_come_together_to_the_whole():
    for expression, shapes in expressions(11, 25, range(1, 5), rank=3, indices=6, sizes=(1, 2, 4, 6)):
        parsed = parse(expression, shapes)
        cut = tuple((letter, size // 2) for letter, size in parsed.sizes.items() if size > 2)[:3]
        given = arrays(shapes)
        with jax.enable_x64(True):
            found = contracted(ContractionTree(parsed, find(parsed).path, cut), list(map(jnp.asarray, given)))
        np.testing.assert_allclose(found, np.einsum(expression, *given), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, jnp.bfloat16, np.int64])
def test_dtypes_stay(dtype):
    found = program(ContractionTree(CHAIN, ((0, 1), (0, 1)), (("a", 4), ("c", 2))), np.dtype(dtype))
    ones = [np.ones(shape, dtype) for shape in CHAIN.shapes]
    result = found(*ones)
    assert result.dtype == found.dtype == dtype
    np.testing.assert_array_equal(np.asarray(result, np.float64), 256 * 512)


def test_xla_counts_the_predicted_operations_of_matrix_products():
    for order in ("left_to_right", "best"):
        tree = find(CHAIN, order)
        assert program(tree).flops == tree.flops


def test_the_operations_of_slices_are_counted_a_slice():
    """The loop's own arithmetic is counted too: some thirty operations a turn."""
    whole = find(CHAIN, "left_to_right")
    cut = ContractionTree(CHAIN, whole.path, (("a", 4), ("c", 2)))
    assert 0 <= program(cut).flops - cut.flops < cut.slices * 100
    assert cut.flops == whole.flops + cut.slices * 16 * 32


def test_what_is_shared_by_all_slices_is_counted_once():
    cut = ContractionTree(CHAIN, ((1, 2), (0, 1)), (("a", 64),))
    assert cut.flops == find(CHAIN, ((1, 2), (0, 1))).flops
    assert 0 <= program(cut).flops - cut.flops < cut.slices * 100


def test_slices_take_the_memory_of_one():
    whole = find(CHAIN, "left_to_right")
    assert program(whole).temporary == whole.peak * 4 == 64 * 512 * 4
    cut = ContractionTree(CHAIN, whole.path, (("a", 8),))
    assert cut.peak * 4 == (8 * 256 + 8 * 512) * 4
    assert cut.peak * 4 <= program(cut).temporary < cut.peak * 4 + 1024  # the loop's counters


@pytest.mark.parametrize("expression", ["abc,ba->c", "ba,abc->c", "zyx,yz->x", "cab,ba->c", "cab,ab->c"])
def test_the_larger_tensor_is_not_turned_around(expression):
    terms = expression.split("->")[0].split(",")
    tree = find(parse(expression, [(30,) * len(term) for term in terms]))
    assert program(tree).temporary <= 2 * 30 * 30 * 4  # the smaller one, its axes turned around


def test_a_diagonal_is_taken_and_not_masked():
    found = program(find(parse("ii->", [(300, 300)])))
    assert found.temporary <= 16 * 300
    np.testing.assert_allclose(found(np.eye(300, dtype=np.float32)), 300)
    swapped = program(find(parse("iji,j->j", [(3, 4, 3), (4,)])))
    given = arrays([(3, 4, 3), (4,)], np.float32)
    np.testing.assert_allclose(swapped(*given), np.einsum("iji,j->j", *given), rtol=1e-5)


def test_a_cut_program_can_be_differentiated():
    shapes = [(4, 6), (6, 8), (8, 2)]
    parsed = parse("ab,bc,cd->ad", shapes)
    tree = ContractionTree(parsed, ((0, 1), (0, 1)), (("a", 2), ("c", 4)))
    given = [jnp.asarray(array) for array in arrays(shapes, np.float32)]
    found = jax.grad(lambda *a: jnp.sum(contracted(tree, a) ** 2), (0, 1, 2))(*given)
    wanted = jax.grad(lambda *a: jnp.sum(jnp.einsum("ab,bc,cd->ad", *a) ** 2), (0, 1, 2))(*given)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
