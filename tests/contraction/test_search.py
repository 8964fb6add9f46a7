import itertools
import re

import opt_einsum
import pytest
from random_expressions import expressions

from workbench.contraction import ContractionTree, find, parse
from workbench.contraction.order import reduced_first
from workbench.errors import ArgumentError

MATRICES = "ab,bc,cd,de,ef,fg,gh,hi,ij,jk,kl,lm,mn,no,op,pq,qr"


def matrices(count):
    return parse(",".join(MATRICES.split(",")[:count]), [(2, 2)] * count)


def test_best_orders_cost_no_more_than_opt_einsums_optimal():
    drawn = [*expressions(0, 200, range(2, 9))]
    assert max(len(shapes) for _, shapes in drawn) == 8
    for expression, shapes in drawn:
        _, peer = opt_einsum.contract_path(expression, *shapes, shapes=True, optimize="optimal")
        assert find(parse(expression, shapes)).flops <= int(peer.opt_cost), (expression, shapes)


def every_order(count):
    """All paths of pairs for so many tensors."""
    if count == 1:
        yield ()
    for pair in itertools.combinations(range(count), 2):
        yield from ((pair, *rest) for rest in every_order(count - 1))


@pytest.mark.parametrize(("minimize", "figure"), [("flops", "flops"), ("size", "largest")])
def test_no_order_is_better_than_the_exact_one(minimize, figure):
    for expression, shapes in expressions(3, 30, range(2, 6), rank=3, indices=6):
        parsed = parse(expression, shapes)
        first, terms = reduced_first(parsed)
        every = [ContractionTree(parsed, first + path) for path in every_order(len(terms))]
        assert getattr(find(parsed, "exact", minimize), figure) == min(getattr(t, figure) for t in every)


def test_exact_orders_are_better_than_opt_einsums_where_terms_repeat():
    expression, shapes = "cbb,add,dd,cbcb,bda,->", [(2, 8, 8), (9, 5, 5), (5, 5), (2, 8, 2, 8), (8, 5, 9), ()]
    parsed = parse(expression, shapes)
    assert find(parsed, "exact").flops < find(parsed, "optimal").flops


def test_lone_indices_are_summed_first_which_opt_einsum_does_not_count_on():
    expression, shapes = "ij,jk->", [(30, 40), (40, 50)]
    _, peer = opt_einsum.contract_path(expression, *shapes, shapes=True, optimize="optimal")
    assert int(peer.opt_cost) == 2 * 30 * 40 * 50
    assert find(parse(expression, shapes)).flops == 30 * 40 + 40 * 50 + 2 * 40


@pytest.mark.parametrize("count", [8, 9, 16, 17])
def test_many_tensors_are_ordered_by_what_is_quick_enough(count):
    tree = find(matrices(count))
    assert len(tree.path) == count - 1
    assert tree.flops == (count - 1) * 2 * 8


@pytest.mark.parametrize("minimize", ["flops", "size"])
def test_cotengra_finds_an_order(minimize):
    for expression, shapes in expressions(4, 4, range(2, 7)):
        parsed = parse(expression, shapes)
        assert find(parsed, "cotengra", minimize).flops >= find(parsed).flops


def test_without_cotengra_its_order_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("workbench.contraction.search.find_spec", lambda name: None)
    says = (
        "order 'cotengra' needs the package cotengra, which is not installed; "
        "without it there are exact, optimal, dp, greedy"
    )
    with pytest.raises(ArgumentError, match=re.escape(says)):
        find(matrices(3), "cotengra")


@pytest.mark.parametrize(
    ("count", "order", "minimize", "says"),
    [
        (9, "optimal", "flops", "order 'optimal' is searched for up to 8 tensors, here are 9; for more there are gree"),
        (17, "dp", "flops", "order 'dp' is searched for up to 16 tensors, here are 17"),
        (3, "greedy", "size", "order 'greedy' looks for the fewest operations only; by size there are exact, dp, cot"),
        (3, "optimum", "flops", "there is no order 'optimum'. Did you mean 'optimal'? There are best, left_to_right"),
        (3, 5, "flops", "an order is a name, or a path such as ((0, 1), (0, 1)); got 5"),
        (3, "best", "time", "minimize is 'flops' or 'size', got 'time'"),
    ],
)  # fmt: skip
def test_what_can_not_be_searched_is_refused(count, order, minimize, says):
    with pytest.raises(ArgumentError, match=re.escape(says)):
        find(matrices(count), order, minimize)
