"""A symbol as one call."""

import numpy as np

from workbench.imperative import autograd, nd
from workbench.runtime import engine
from workbench.symbolic import sym
from workbench.symbolic.cached_op import CachedOp


def norm():
    return sym.BatchNorm(sym.var("x"), name="bn", fix_gamma=False, eps=0.0, momentum=0.5)


def arrays():
    one = np.ones(2)
    return [nd.array(v) for v in ([[1, 2], [3, 6]], one, 0 * one, 0 * one, one)]


def test_it_takes_arrays_in_the_symbols_order():
    op = CachedOp(sym.elemwise_sub(sym.var("a"), sym.var("b")))
    (out,) = op([nd.array([5.0]), nd.array([3.0])])
    assert out.asscalar() == 2


def test_inputs_the_graph_does_not_need_may_be_listed():
    a, b = sym.var("a"), sym.var("b")
    op = CachedOp(a + 1, [b.values[0].node, a.values[0].node])
    (out,) = op([nd.array([5.0]), nd.array([3.0])])
    assert out.asscalar() == 4


def test_states_move_in_training_only():
    op, given = CachedOp(norm()), arrays()
    op(given)
    np.testing.assert_array_equal(given[3].asnumpy(), [0, 0])
    with autograd.train_mode():
        op(given)
    np.testing.assert_array_equal(given[3].asnumpy(), [1, 2])
    np.testing.assert_array_equal(given[4].asnumpy(), [1, 2.5])


def test_a_shared_state_moves_in_turn():
    x, state = sym.var("x"), {n: sym.var(n) for n in ("gamma", "beta", "moving_mean", "moving_var")}
    once = sym.BatchNorm(x, **state, momentum=0.5)
    twice = sym.BatchNorm(once + 10, **state, momentum=0.5)
    given = arrays()
    with autograd.train_mode():
        CachedOp(twice)(given)
    np.testing.assert_allclose(given[3].asnumpy(), [0.5 * 1 + 5, 0.5 * 2 + 5], rtol=1e-5)


def test_it_is_one_call():
    op, given = CachedOp(sym.tanh(norm() * 2)), arrays()
    engine.flush()
    op(given)
    assert len(engine.pending()) == 1


def test_keys_are_drawn_in_the_order_written_not_the_order_needed():
    def crossed(F, x):
        first = F.Dropout(x, p=0.5, mode="always")
        second = F.Dropout(x, p=0.5, mode="always")
        return second * 2 + first

    x = nd.ones((4, 50))
    nd.random.seed(4)
    called = crossed(nd, x).asnumpy()
    nd.random.seed(4)
    composed = crossed(sym, sym.Variable("x")).eval(x=x)[0].asnumpy()
    np.testing.assert_array_equal(called, composed)
