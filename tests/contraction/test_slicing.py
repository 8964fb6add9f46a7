import re
from dataclasses import replace

import pytest
from random_expressions import expressions

from workbench.contraction import find, parse, within
from workbench.contraction.slicing import cheapest, finer, finest, touched
from workbench.errors import BudgetError

CHAIN = parse("ab,bc,cd->ad", [(64, 256), (256, 512), (512, 32)])


def test_an_index_of_every_intermediate_is_cut_for_free():
    whole = find(CHAIN, "left_to_right")
    assert whole.peak == 64 * 512
    cut = within(whole, 4 * 3072)
    assert (cut.parts, cut.flops, cut.largest) == ((("a", 16),), whole.flops, 4 * 512)
    assert cut.peak == 4 * 256 + 4 * 512  # a block of four rows, and its product


def test_what_fits_is_not_cut():
    whole = find(CHAIN)
    assert within(whole, whole.peak * 4) is whole


def test_predicted_memory_keeps_to_the_limit_or_the_least_is_told():
    for expression, shapes in expressions(5, 60, range(1, 6), sizes=(2, 3, 4, 6, 8)):
        tree = find(parse(expression, shapes))
        for limit in (40, 100, 400):
            least = finest(tree).peak * 4
            if min(least, tree.peak * 4) <= limit:
                cut = within(tree, limit)
                assert cut.peak * 4 <= limit
                assert all(cut.expression.sizes[letter] % parts == 0 for letter, parts in cut.parts)
            else:
                with pytest.raises(BudgetError, match=f"they still take {least} B"):
                    within(tree, limit)


def test_no_cut_can_be_coarser_beside_the_others():
    cut = within(find(CHAIN), 2000)
    assert len(cut.parts) > 1
    for letter, _ in cut.parts:
        rest = tuple((other, n) for other, n in cut.parts if other != letter)
        assert replace(cut, parts=rest).peak * 4 > 2000


def test_an_impossible_limit_tells_the_least():
    says = (
        "ab,bc,cd->ad: its intermediates can't be kept within 8 B; "
        "with every index cut to single values they still take 12 B"
    )
    with pytest.raises(BudgetError, match=re.escape(says)) as caught:
        within(find(CHAIN), 8)
    assert caught.value.least == 12
    assert within(find(CHAIN), 12).peak == 3


def test_a_finer_tree_is_cut_where_it_weighs_most_and_a_finest_not_at_all():
    tree = find(CHAIN, "left_to_right")
    assert touched(tree) == (64 * 256 + 256 * 512 + 64 * 512, 512 * 32 + 64 * 512 + 64 * 32)
    assert finer(tree, (0, 1)).parts in ((("a", 2),), (("d", 2),))
    assert finer(finest(tree), touched(tree)) is None


def test_of_several_orders_the_cheapest_that_fits_is_taken():
    trees = [find(CHAIN, "left_to_right"), find(CHAIN)]
    assert cheapest(trees, 10**9).path == find(CHAIN).path
    with pytest.raises(BudgetError, match="they still take 12 B"):
        cheapest(trees, 8)
