import re

import numpy as np
import pytest
from by_loops import by_loops
from random_expressions import arrays, expressions

from workbench.contraction import ORDERS, ContractionTree, find, parse
from workbench.errors import ArgumentError

CHAIN = parse("ab,bc,cd->ad", [(2, 3), (3, 4), (4, 5)])


def test_a_tree_tells_each_step_and_its_cost():
    tree = ContractionTree(CHAIN, ((0, 1), (0, 1)))
    first, second = tree.steps
    assert (first.operands, first.terms, first.result, first.summed) == ((0, 1), ("ab", "bc"), "ac", "b")
    assert (first.size, first.flops, first.times, str(first)) == (8, 2 * 2 * 3 * 4, 1, "ab,bc->ac")
    assert (second.operands, str(second), second.flops) == ((2, 3), "cd,ac->ad", 2 * 2 * 4 * 5)
    assert (tree.flops, tree.largest, tree.terms) == (48 + 80, 8, ("ab", "bc", "cd", "ac", "ad"))


def test_one_loop_has_no_intermediate():
    tree = find(CHAIN, "single_loop")
    assert (tree.flops, tree.largest, tree.peak) == (3 * 2 * 3 * 4 * 5, 0, 0)


def test_what_waits_is_alive_beside_what_is_made():
    tree = ContractionTree(
        parse("ab,bc,cd,de->ae", [(2, 3), (3, 4), (4, 5), (5, 6)]), ((0, 1), (0, 1), (0, 1))
    )
    assert [str(step) for step in tree.steps] == ["ab,bc->ac", "cd,de->ce", "ac,ce->ae"]
    assert tree.alive == (8, 8 + 24, 8 + 24)
    assert tree.peak == 32


def test_slices_are_smaller_and_what_they_share_is_computed_before():
    tree = ContractionTree(CHAIN, ((1, 2), (0, 1)), (("a", 2),))
    shared, own = tree.steps
    assert (shared.times, own.times, tree.schedule) == (1, 2, (0, 1))
    assert (shared.size, own.size, own.flops) == (15, 5, 2 * 3 * 5)
    assert tree.alive == (
        15,
        15 + 3 + 5,
    )  # the shared product stays; a row of ab is cut out; a row of ad is made


def test_slices_of_a_summed_index_are_added_up():
    tree = ContractionTree(CHAIN, ((0, 1), (0, 1)), (("c", 4),))
    assert (tree.slices, tree.largest) == (4, 2)
    assert tree.flops == 4 * (2 * 2 * 3 + 1 * 2 * 5) + 4 * 10


@pytest.mark.parametrize("order", [name for name in ORDERS if name != "cotengra"])
def test_operations_are_those_that_loops_count(order):
    for expression, shapes in expressions(1, 12, range(1, 5), indices=5, rank=3, sizes=(1, 2, 3)):
        tree = find(parse(expression, shapes), order)
        given = arrays(shapes)
        result, flops = by_loops(tree, given)
        np.testing.assert_allclose(result, np.einsum(expression, *given), rtol=1e-12, atol=1e-12)
        assert tree.flops == flops, (expression, shapes, tree.path)


def test_operations_of_slices_are_those_that_loops_count():
    for expression, shapes in expressions(2, 25, range(1, 5), indices=5, rank=3, sizes=(1, 2, 4)):
        parsed = parse(expression, shapes)
        cut = tuple((letter, size // 2) for letter, size in parsed.sizes.items() if size > 2)[:3]
        tree = ContractionTree(parsed, find(parsed).path, cut)
        given = arrays(shapes)
        result, flops = by_loops(tree, given)
        np.testing.assert_allclose(result, np.einsum(expression, *given), rtol=1e-12, atol=1e-12)
        assert tree.flops == flops, (expression, shapes, tree.path, cut)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (
            ((0, 3), (0, 1)),
            "step 0 of the path is (0, 3); it must name different places from 0 to 2, for 3 tensors are left",
        ),
        (((0, 1), (1, 1)), "step 1 of the path is (1, 1); it must name different places from 0 to 1"),
        (((),), "step 0 of the path is (); it must name different places"),
        (((0, 1),), "the path ((0, 1),) leaves 2 tensors of ab,bc,cd->ad, not one"),
        ((), "the path () leaves 3 tensors of ab,bc,cd->ad, not one"),
    ],
)
def test_what_is_no_path_for_the_tensors_is_refused(path, says):
    with pytest.raises(ArgumentError, match=re.escape(says)):
        ContractionTree(CHAIN, path)
