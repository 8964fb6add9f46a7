import math

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.lowrank import FORMATS
from workbench.tensor.contraction_program import contracted
from workbench.tensor.variants import variants

ALEXNET = (256, 5, 5)
RANKS = (64, 3, 3)


def by_name(*args, **options):
    return {variant.name: variant for variant in variants(*args, **options)}


def test_a_contraction_layer_holds_a_matrix_a_mode_and_a_smaller_dense_layer():
    tcl = by_name(ALEXNET, RANKS, 4096)["tcl"]
    assert tcl.parameters.value == 256 * 64 + 5 * 3 + 5 * 3 + 64 * 3 * 3 * 4096
    assert tcl.original == 256 * 5 * 5 * 4096
    assert tcl.savings.value == pytest.approx(100 * (1 - tcl.parameters.value / tcl.original))
    assert tcl.replaces == "a dense layer from 256 × 5 × 5 to 4,096"


def test_a_regression_layer_holds_the_dense_weight_as_tucker():
    trl = by_name(ALEXNET, (10, 3, 3), 1000)["trl"]
    assert trl.rank == (10, 3, 3, 90)  # no more outputs are independent than the core has inputs
    assert trl.parameters.value == 10 * 3 * 3 * 90 + 256 * 10 + 5 * 3 + 5 * 3 + 1000 * 90


def test_no_format_takes_more_numbers_than_tucker_at_the_ranks():
    found = by_name(ALEXNET, RANKS)
    assert found["tucker"].rank == (9, 3, 3)  # what the other two leave to be told apart
    budget = found["tucker"].parameters.value
    for name in ("cp", "tt"):
        form, rank = FORMATS[name], found[name].rank
        assert found[name].parameters.value == form.parameters(ALEXNET, rank) <= budget
        assert form.parameters(ALEXNET, form.rung(ALEXNET, max(rank) + 1)) > budget
    assert by_name(ALEXNET, (1, 1, 1))["cp"].rank == (1,)


def test_a_weight_has_its_outputs_first():
    weight = by_name((10, 6, 4), (3, 2, 2), role="weight", outputs=7)
    assert weight["tcl"].parameters.value == 6 * 2 + 4 * 2 + 2 * 2 * 10
    assert weight["trl"].rank == (2, 2, 3)
    assert weight["tucker"].original == 240 == weight["tcl"].original


def numbers(variant):
    generator = np.random.default_rng(0)
    return [generator.normal(size=shape) for shape in variant.expression.shapes]


@pytest.mark.parametrize("order", ["left_to_right", "best", "greedy", "limited"])
@pytest.mark.parametrize("role", ["activation", "weight"])
def test_every_order_gives_the_same_result(order, role):
    for variant in variants((4, 3, 2), (2, 2, 2), 5, role, batch=3):
        arrays = numbers(variant)
        tree = variant.tree(order, 0.5)
        if tree is not None:
            expected = np.einsum(str(variant.expression), *arrays)
            np.testing.assert_allclose(contracted(tree, arrays), expected, rtol=1e-4, atol=1e-4)


def test_the_formats_expressions_rebuild_the_tensor():
    for variant in variants((4, 3, 2), (2, 2, 2))[2:]:
        assert np.einsum(str(variant.expression), *numbers(variant)).shape == (4, 3, 2)


def test_the_best_order_costs_least_and_a_limit_is_kept():
    for variant in variants(ALEXNET, RANKS, 4096):
        best, written, greedy = (variant.tree(order) for order in ("best", "left_to_right", "greedy"))
        assert best.flops <= min(written.flops, greedy.flops)
        limited = variant.tree("limited", 0.5)
        assert limited.peak <= best.peak / 2


def test_a_limit_that_can_not_be_kept_leaves_the_costs_out():
    tcl = by_name((4, 3), (2, 2), 5)["tcl"]
    assert tcl.tree("limited", 0.001) is None
    assert [figure.name for figure in tcl.figures(None)] == ["parameters", "space savings"]
    names = [figure.name for figure in tcl.figures(tcl.tree("best"))]
    assert names == ["parameters", "space savings", "work", "largest intermediate"]
    assert {figure.kind for figure in tcl.figures(tcl.tree("best"))} == {"predicted"}


def test_the_work_of_a_contraction_is_that_of_its_products():
    tcl = by_name((8, 4), (2, 2), 3, batch=5)["tcl"]
    work = {figure.name: figure.value for figure in tcl.figures(tcl.tree("left_to_right"))}["work"]
    assert work == 2 * 5 * (8 * 4 * 2 + 2 * 4 * 2 + 2 * 2 * 3)


@pytest.mark.parametrize("ranks", [(1, 1), (0, 1, 1), (1, 6, 1)])
def test_ranks_that_do_not_fit_are_refused(ranks):
    with pytest.raises(
        ArgumentError, match=r"a tensor of \(256, 5, 5\) takes a number a mode, from 1 to its size"
    ):
        variants(ALEXNET, ranks)


def test_a_vector_is_refused():
    with pytest.raises(ShapeError, match="two modes or more"):
        variants((math.prod(ALEXNET),), (3,))
