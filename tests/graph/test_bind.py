"""Attributes that were read before are looked up, by what they are and not by what they equal."""

import pytest

from workbench import nd, sym
from workbench.errors import ArgumentError
from workbench.graph.bind import bind
from workbench.ops import registry

X = nd.ones((2, 3))


def test_a_number_that_is_an_array_is_refused_however_often():
    """Read while a segment runs, it would start the segment again."""
    rows = [nd.ones((2,)), nd.ones((2,))]
    nd.multi_sgd_update(*rows, lrs=(0.5,), wds=(0.0,), num_weights=1)
    for _ in range(2):
        with pytest.raises(ArgumentError, match="'lrs' must be tuple, got"):
            nd.multi_sgd_update(*rows, lrs=(nd.ones((1,)),), wds=(0.0,), num_weights=1)
    assert (X + 1).asnumpy().sum() == 12


def test_what_was_read_before_does_not_decide_what_is_read():
    """1 equals True and 1.0, and a key of one would find the other."""
    x = sym.var("x")
    for call in (lambda axis: sym.sum(x, axis=axis), lambda axis: nd.sum(X, axis=axis)):
        call(1)
        with pytest.raises(ArgumentError, match="'axis' must be"):
            call(True)
    op = registry.get("lamb_update_phase1")
    bind(op, {"wd": 0.1, "t": 1})
    for given in (1.5, True):
        with pytest.raises(ArgumentError, match="'t' must be int"):
            bind(op, {"wd": 0.1, "t": given})


def test_not_a_number_is_one_attribute():
    op = registry.get("Pad")
    given = {"mode": "constant", "pad_width": (0, 0, 0, 0, 1, 1, 1, 1)}
    one, other = (bind(op, {**given, "constant_value": float("nan")})[0] for _ in range(2))
    assert one is other


def test_a_list_of_numbers_that_holds_none_is_refused_and_the_weight_is_there():
    w, g = nd.ones((2,)), nd.ones((2,))
    with pytest.raises(ArgumentError, match=r"'lrs' must be numbers, got \(None,\)"):
        nd.multi_sgd_update(w, g, lrs=(None,), wds=(0.0,), out=w)
    assert w.asnumpy().tolist() == [1, 1]
