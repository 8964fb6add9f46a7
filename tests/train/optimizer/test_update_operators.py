"""The update operators against the same rules in NumPy float64, and against MXNet's own numbers."""

import inspect

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.ops import registry

SHAPES = [(1,), (5,), (3, 4), (2, 3, 2, 2), (0, 3)]
RATES = {"lr": 0.1, "wd": 0.05, "rescale_grad": 0.5}


def clip(x, bound):
    return np.clip(x, -bound, bound) if bound >= 0 else x


def sgd(w, g, *, lr, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    return [w - lr * (clip(rescale_grad * g, clip_gradient) + wd * w)]


def momentum(w, g, m, *, lr, momentum=0.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    m = momentum * m - lr * (clip(rescale_grad * g, clip_gradient) + wd * w)
    return [w + m, m]


def nesterov(w, g, m, *, lr, momentum=0.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = clip(rescale_grad * g, clip_gradient) + wd * w
    m = momentum * m - lr * g
    return [w + momentum * m - lr * g, m]


def adam(w, g, m, v, *, lr, beta1=0.9, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    beta2, epsilon = 0.999, 1e-8
    g = clip(rescale_grad * g + wd * w, clip_gradient)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return [w - lr * m / (np.sqrt(v) + epsilon), m, v]


def rmsprop(w, g, n, *, lr, gamma1=0.95, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0, clip_weights=-1.0):
    epsilon = 1e-8
    g = clip(rescale_grad * g + wd * w, clip_gradient)
    n = gamma1 * n + (1 - gamma1) * g**2
    return [clip(w - lr * g / np.sqrt(n + epsilon), clip_weights), n]


def centred(
    w,
    d,
    n,
    g,
    delta,
    *,
    lr,
    gamma1=0.95,
    gamma2=0.9,
    wd=0.0,
    rescale_grad=1.0,
    clip_gradient=-1.0,
    clip_weights=-1.0,
):
    epsilon = 1e-8
    d = clip(rescale_grad * d + wd * w, clip_gradient)
    n, g = gamma1 * n + (1 - gamma1) * d**2, gamma1 * g + (1 - gamma1) * d
    delta = gamma2 * delta - lr * d / np.sqrt(n - g**2 + epsilon)
    return [clip(w + delta, clip_weights), n, g, delta]


def adagrad(w, g, h, *, lr, epsilon=1e-7, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = clip(rescale_grad * g, clip_gradient)
    h = h + g**2
    return [w - lr * (g / np.sqrt(h + epsilon) + wd * w), h]


RULES = {
    "sgd_update": (sgd, {}),
    "sgd_mom_update": (momentum, {"momentum": 0.9}),
    "nag_mom_update": (nesterov, {"momentum": 0.9}),
    "adam_update": (adam, {"beta1": 0.8}),
    "rmsprop_update": (rmsprop, {"gamma1": 0.9, "clip_weights": 0.7}),
    "rmspropalex_update": (centred, {"gamma2": 0.8, "clip_weights": 1.5}),
    "adagrad_update": (adagrad, {"epsilon": 1e-3}),
}


def arrays_for(rule, shape, dtype, seed=0):
    """A weight, a gradient and non-negative states, at `dtype`; and the same in float64."""
    rng = np.random.default_rng(seed)
    count = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in inspect.signature(rule).parameters.values())
    values = [rng.normal(size=shape), rng.normal(size=shape)] + [
        np.full(shape, 0.6 / (i + 1)) for i in range(count - 2)
    ]
    arrays = [nd.array(v, dtype=dtype) for v in values]
    return arrays, [a.asnumpy().astype(np.float64) for a in arrays]


@pytest.mark.parametrize("clip_gradient", [-1.0, 0.0, 0.3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", RULES)
def test_follows_the_rule(name, shape, clip_gradient):
    rule, own = RULES[name]
    arrays, values = arrays_for(rule, shape, "float32")
    arguments = {**RATES, **own, "clip_gradient": clip_gradient}
    wanted = rule(*values, **arguments)
    result = getattr(nd, name)(*arrays, out=arrays[0], **arguments)
    assert result is arrays[0]
    for got, want in zip([arrays[0], *arrays[2:]], wanted, strict=True):
        np.testing.assert_allclose(got.asnumpy(), want, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("name", RULES)
def test_defaults_are_those_of_the_rule(name):
    rule, _ = RULES[name]
    arrays, values = arrays_for(rule, (4,), "float32")
    getattr(nd, name)(*arrays, out=arrays[0], lr=0.1)
    for got, want in zip([arrays[0], *arrays[2:]], rule(*values, lr=0.1), strict=True):
        np.testing.assert_allclose(got.asnumpy(), want, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 1e-3), ("bfloat16", 8e-3), ("float64", 1e-12)])
@pytest.mark.parametrize("name", RULES)
def test_every_array_keeps_its_dtype(name, dtype, rtol):
    rule, own = RULES[name]
    arrays, values = arrays_for(rule, (3, 4), dtype)
    wanted = rule(*values, **RATES, **own)
    getattr(nd, name)(*arrays, out=arrays[0], **RATES, **own)
    for got, want in zip([arrays[0], *arrays[2:]], wanted, strict=True):
        assert np.dtype(got.dtype).name == dtype
        np.testing.assert_allclose(got.asnumpy().astype(np.float64), want, rtol=rtol, atol=rtol / 10)


def test_adams_decay_does_not_round_to_one_in_bfloat16():
    weight, grad = nd.ones((2,), dtype="bfloat16"), nd.ones((2,), dtype="bfloat16")
    mean, var = nd.zeros((2,), dtype="bfloat16"), nd.zeros((2,), dtype="bfloat16")
    nd.adam_update(weight, grad, mean, var, out=weight, lr=0.1)
    np.testing.assert_allclose(var.asnumpy().astype(np.float32), 0.001, rtol=8e-3)


# What MXNet 1.9.1 itself gives for w = (1, -2, 0.5, 3), grad = (3, -1, 0.2, -5), every state (0.3, 0.2,
# 0.1, 0.4), lr 0.1, wd 0.05, rescale_grad 0.5, clip_gradient 1: here the order of clip and decay shows.
MXNET = {
    "sgd_update": ({}, [0.895, -1.94, 0.4875, 3.085], []),
    "sgd_mom_update": ({"momentum": 0.9}, [1.165, -1.76, 0.5775, 3.445], [[0.165, 0.24, 0.0775, 0.445]]),
    "nag_mom_update": ({"momentum": 0.9}, [1.0435, -1.724, 0.55725, 3.4855], [[0.165, 0.24, 0.0775, 0.445]]),
    "rmsprop_update": (
        {"gamma1": 0.9, "epsilon": 1e-2},
        [0.83777857, -1.8737891, 0.46077678, 3.145865],
        [[0.37, 0.216, 0.09156249, 0.46]],
    ),
    "adam_update": (
        {},
        [0.93252623, -2.026822, 0.467573, 2.9589212],
        [[0.37, 0.12, 0.1025, 0.26], [0.3007, 0.20016, 0.09991562, 0.4006]],
    ),
    "rmspropalex_update": (
        {"gamma1": 0.9, "gamma2": 0.8},
        [1.0328767, -1.7063694, 0.5360947, 3.4796376],
        [
            [0.37, 0.216, 0.09156249, 0.46],
            [0.37, 0.12, 0.1025, 0.26],
            [0.03287676, 0.29363063, 0.03609473, 0.47963774],
        ],
    ),
}


@pytest.mark.parametrize("name", MXNET)
def test_agrees_with_mxnet(name):
    own, weight_after, states_after = MXNET[name]
    weight, grad = nd.array([1, -2, 0.5, 3]), nd.array([3, -1, 0.2, -5])
    states = [nd.array([0.3, 0.2, 0.1, 0.4]) for _ in states_after]
    getattr(nd, name)(weight, grad, *states, out=weight, **RATES, clip_gradient=1.0, **own)
    np.testing.assert_allclose(weight.asnumpy(), weight_after, rtol=1e-6)
    for got, want in zip(states, states_after, strict=True):
        np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-6)


def multi(shapes, columns, dtype="float32"):
    rng = np.random.default_rng(1)
    return [[nd.array(rng.normal(size=shape), dtype=dtype) for _ in range(columns)] for shape in shapes]


def test_one_operation_updates_many_weights():
    rows = multi(SHAPES, 2)
    lrs, wds = [0.1 * (i + 1) for i in range(5)], [0.01 * i for i in range(5)]
    wanted = [
        sgd(*[a.asnumpy() for a in row], lr=lr, wd=wd, rescale_grad=0.5, clip_gradient=0.4)[0]
        for row, lr, wd in zip(rows, lrs, wds, strict=True)
    ]
    weights = [row[0] for row in rows]
    flat = [a for row in rows for a in row]
    nd.multi_sgd_update(
        *flat, out=weights, lrs=lrs, wds=wds, rescale_grad=0.5, clip_gradient=0.4, num_weights=5
    )
    for got, want in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-6, atol=1e-7)


def test_one_operation_updates_many_weights_and_momenta():
    rows = multi(SHAPES, 3)
    lrs, wds = [0.1 * (i + 1) for i in range(5)], [0.01 * i for i in range(5)]
    wanted = [
        momentum(*[a.asnumpy() for a in row], lr=lr, wd=wd, momentum=0.9)
        for row, lr, wd in zip(rows, lrs, wds, strict=True)
    ]
    weights, momenta = [row[0] for row in rows], [row[2] for row in rows]
    flat = [a for row in rows for a in row]
    nd.multi_sgd_mom_update(*flat, out=weights, lrs=lrs, wds=wds, momentum=0.9, num_weights=5)
    for weight, mom, want in zip(weights, momenta, wanted, strict=True):
        np.testing.assert_allclose(weight.asnumpy(), want[0], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(mom.asnumpy(), want[1], rtol=1e-6, atol=1e-7)


def test_weights_of_one_operation_may_differ_in_dtype():
    rows = [multi([(3,)], 2, "bfloat16")[0], multi([(2, 2)], 2, "float32")[0]]
    weights = [row[0] for row in rows]
    nd.multi_sgd_update(
        *[a for row in rows for a in row], out=weights, lrs=(0.1, 0.1), wds=(0, 0), num_weights=2
    )
    assert [np.dtype(w.dtype).name for w in weights] == ["bfloat16", "float32"]


def test_a_wrong_number_of_arrays_is_named():
    arrays = [nd.ones((2,)) for _ in range(3)]
    text = r"num_weights=2 needs 4 arrays \(weight, grad of each weight in turn\), got 3"
    with pytest.raises(ArgumentError, match=text):
        nd.multi_sgd_update(*arrays, lrs=(0.1, 0.1), wds=(0, 0), num_weights=2)


def test_a_wrong_number_of_rates_is_named():
    arrays = [nd.ones((2,)) for _ in range(4)]
    with pytest.raises(ArgumentError, match="num_weights=2 needs 2 lrs, got 1"):
        nd.multi_sgd_update(*arrays, lrs=(0.1,), wds=(0, 0), num_weights=2)
    nd.multi_sgd_update(*arrays, lrs=(0.1, 0.1), wds=(0, 0), num_weights=2)
    # As many numbers, otherwise shared out.
    with pytest.raises(ArgumentError, match="num_weights=2 needs 2 lrs, got 1"):
        nd.multi_sgd_update(*arrays, lrs=(0.1,), wds=(0.1, 0, 0), num_weights=2)


def test_a_gradient_of_another_shape_is_named():
    with pytest.raises(ShapeError, match=r"grad has shape \(1,\), its weight has \(2,\)"):
        nd.sgd_update(nd.ones((2,)), nd.ones((1,)), lr=0.1)
    arrays = [nd.ones((2,)), nd.ones((2,)), nd.ones((3,)), nd.ones((2,))]
    with pytest.raises(ShapeError, match=r"grad of parameter 1 has shape \(2,\), its weight has \(3,\)"):
        nd.multi_sgd_update(*arrays, lrs=(0.1, 0.1), wds=(0, 0), num_weights=2)


def test_a_learning_rate_is_required():
    with pytest.raises(ArgumentError, match=r"sgd_update.*needs 'lr'"):
        nd.sgd_update(nd.ones((2,)), nd.ones((2,)))


def test_no_rate_is_a_compile_time_constant():
    updates = {op.name: op for op in registry.table().values() if op.name.endswith("_update")}
    assert set(RULES) <= set(updates)
    for op in updates.values():
        rates = {"lr", "lrs", "wd", "wds", "momentum", "rescale_grad"} & set(op.attributes)
        assert rates <= set(op.dynamic), op.name
