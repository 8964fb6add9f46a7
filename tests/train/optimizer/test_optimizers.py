"""Each optimizer, several steps long, against a loop in NumPy float64."""

import math

import numpy as np
import pytest

from workbench.imperative import nd
from workbench.runtime import engine
from workbench.train import optimizer as opt

SHAPES = [(4,), (2, 3), (2, 2, 1)]
STEPS = 5


def clipped(x, bound):
    return x if bound is None else np.clip(x, -bound, bound)


def sgd(w, g, s, t, *, lr, momentum=0.0, wd=0.0, scale=1.0, clip=None):
    s["m"] = momentum * s.get("m", 0) - lr * (clipped(scale * g, clip) + wd * w)
    return w + s["m"]


def nag(w, g, s, t, *, lr, momentum=0.0, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g, clip) + wd * w
    s["m"] = momentum * s.get("m", 0) - lr * g
    return w + momentum * s["m"] - lr * g


def adam(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None, beta1=0.9, beta2=0.999):
    g = clipped(scale * g + wd * w, clip)
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
    rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * s["m"] / (np.sqrt(s["v"]) + 1e-8)


def adagrad(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g, clip)
    s["h"] = s.get("h", 0) + g**2
    return w - lr * (g / np.sqrt(s["h"] + 1e-7) + wd * w)


def rmsprop(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None, clip_weights=None):
    g = clipped(scale * g + wd * w, clip)
    s["n"] = 0.9 * s.get("n", 0) + 0.1 * g**2
    return clipped(w - lr * g / np.sqrt(s["n"] + 1e-8), clip_weights)


def centred(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g + wd * w, clip)
    s["n"], s["g"] = 0.9 * s.get("n", 0) + 0.1 * g**2, 0.9 * s.get("g", 0) + 0.1 * g
    s["d"] = 0.9 * s.get("d", 0) - lr * g / np.sqrt(s["n"] - s["g"] ** 2 + 1e-8)
    return w + s["d"]


def adadelta(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g, clip)
    s["g"] = 0.9 * s.get("g", 0) + 0.1 * g**2
    step = np.sqrt((s.get("d", 0) + 1e-5) / (s["g"] + 1e-5)) * g
    s["d"] = 0.9 * s.get("d", 0) + 0.1 * step**2
    return w - step - wd * w


def adamax(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g + wd * w, clip)
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["u"] = np.maximum(0.999 * s.get("u", 0), np.abs(g))
    return w - lr / (1 - 0.9**t) * s["m"] / s["u"]


def nadam(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g + wd * w, clip)
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    momenta = [0.9 * (1 - 0.5 * 0.96 ** (i * 0.004)) for i in range(1, t + 2)]
    product = math.prod(momenta[: t - 1]) ** len(SHAPES) * momenta[t - 1] ** (s["place"] + 1)
    ahead = (1 - momenta[t - 1]) * g / (1 - product) + momenta[t] * s["m"] / (1 - product * momenta[t])
    return w - lr * ahead / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)


def ftrl(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g, clip)
    before, s["n"] = np.sqrt(s.get("n", 0)), s.get("n", 0) + g**2
    s["z"] = s.get("z", 0) + g - (np.sqrt(s["n"]) - before) * w / lr
    price = np.sign(s["z"]) * 0.01 - s["z"]
    return np.where(np.abs(s["z"]) > 0.01, price / ((1 + np.sqrt(s["n"])) / lr + wd), 0)


def ftml(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g + wd * w, clip)
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    before, s["d"] = s.get("d", 0), (1 - 0.6**t) / lr * (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)
    s["z"] = 0.6 * s.get("z", 0) + 0.4 * g - (s["d"] - 0.6 * before) * w
    return -s["z"] / s["d"]


def signum(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    s["m"] = 0.9 * s.get("m", 0) - 0.1 * (clipped(scale * g, clip) + wd * w)
    return (1 - lr * 0.1) * w + lr * np.sign(s["m"])


def signsgd(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    return (1 - lr * wd) * w - lr * np.sign(g)


def dcasgd(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g, clip)
    g = g + wd * w + 0.5 * g * g * (w - s.get("w", w))
    s["w"], s["m"] = w, 0.9 * s.get("m", 0) - lr * g
    return w + s["m"]


def lamb(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    g = clipped(scale * g, clip)
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    step = s["m"] / (1 - 0.9**t) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-6) + wd * w
    return w - lr * min(np.linalg.norm(w), 1.5) / np.linalg.norm(step) * step


def lars(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    of_w, of_g = np.linalg.norm(w), np.linalg.norm(scale * g)
    rate = lr * 0.5 * of_w / (of_g + wd * of_w)
    s["m"] = 0.9 * s.get("m", 0) - rate * (clipped(scale * g, clip) + wd * w)
    return w + s["m"]


def large_batch(w, g, s, t, *, lr, wd=0.0, scale=1.0, clip=None):
    s["sum"] = s.get("sum", 0) + g
    if t % 2:
        return w
    g, s["sum"] = s["sum"] / 2, 0
    return w - lr * (1 + min(1, t / 4)) * (clipped(scale * g, clip) + wd * w)


LARGE = {"batch_scale": 2, "warmup_epochs": 1, "updates_per_epoch": 4}
CASES = {
    "adadelta": ("adadelta", {}, adadelta, {}),
    "adamax": ("adamax", {}, adamax, {}),
    "nadam": ("nadam", {}, nadam, {}),
    "ftrl": ("ftrl", {}, ftrl, {}),
    "ftml": ("ftml", {}, ftml, {}),
    "signum": ("signum", {"wd_lh": 0.1}, signum, {}),
    "signum-sign": ("signum", {"momentum": 0}, signsgd, {}),
    "dcasgd": ("dcasgd", {"momentum": 0.9, "lamda": 0.5}, dcasgd, {}),
    "lamb": ("lamb", {"upper_bound": 1.5}, lamb, {}),
    "lars": ("lars", {"momentum": 0.9, "eta": 0.5}, lars, {}),
    "lbsgd": ("lbsgd", LARGE, large_batch, {}),
    "sgd": ("sgd", {}, sgd, {}),
    "sgd-momentum": ("sgd", {"momentum": 0.9}, sgd, {"momentum": 0.9}),
    "nag": ("nag", {"momentum": 0.9}, nag, {"momentum": 0.9}),
    "nag-plain": ("NAG", {}, nag, {}),
    "adam": ("adam", {}, adam, {}),
    "adam-betas": ("adam", {"beta1": 0.5, "beta2": 0.9}, adam, {"beta1": 0.5, "beta2": 0.9}),
    "adagrad": ("adagrad", {}, adagrad, {}),
    "rmsprop": ("rmsprop", {}, rmsprop, {}),
    "rmsprop-bounded": ("rmsprop", {"clip_weights": 0.5}, rmsprop, {"clip_weights": 0.5}),
    "rmsprop-centred": ("rmsprop", {"centered": True}, centred, {}),
}


@pytest.mark.parametrize(("wd", "clip"), [(0.0, None), (0.1, 0.2)])
@pytest.mark.parametrize("case", CASES)
def test_follows_the_rule_step_by_step(case, wd, clip):
    name, arguments, rule, own = CASES[case]
    rng = np.random.default_rng(3)
    optimizer = opt.create(name, learning_rate=0.05, wd=wd, clip_gradient=clip, rescale_grad=0.5, **arguments)
    updater = opt.get_updater(optimizer)
    wanted = [rng.normal(size=s) for s in SHAPES]
    weights = [nd.array(w) for w in wanted]
    states = [{"place": place} for place in range(len(SHAPES))]
    for t in range(1, STEPS + 1):
        grads = [rng.normal(size=s) for s in SHAPES]
        updater([0, 1, 2], [nd.array(g) for g in grads], weights)
        wanted = [
            rule(w, g, s, t, lr=0.05, wd=wd, scale=0.5, clip=clip, **own)
            for w, g, s in zip(wanted, grads, states, strict=True)
        ]
        for got, want in zip(weights, wanted, strict=True):
            np.testing.assert_allclose(got.asnumpy(), want, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", CASES)
def test_one_by_one_equals_all_at_once(case):
    name, arguments, _, _ = CASES[case]
    rng = np.random.default_rng(4)
    start, grads = ([rng.normal(size=s) for s in SHAPES] for _ in range(2))
    together, apart = ([nd.array(w) for w in start] for _ in range(2))
    updaters = [opt.get_updater(opt.create(name, learning_rate=0.1, **arguments)) for _ in range(2)]
    for _ in range(3):
        updaters[0]([0, 1, 2], [nd.array(g) for g in grads], together)
        for i, (g, w) in enumerate(zip(grads, apart, strict=True)):
            updaters[1](i, nd.array(g), w)
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_op_by_op_gives_the_same(case):
    name, arguments, _, _ = CASES[case]

    def run():
        updater = opt.get_updater(opt.create(name, learning_rate=0.1, wd=0.01, **arguments))
        weights = [nd.ones(s) for s in SHAPES]
        for step in range(3):
            updater([0, 1, 2], [w * (step + 0.5) for w in weights], weights)
        return [w.asnumpy() for w in weights]

    with engine.naive():
        apart = run()
    for a, b in zip(apart, run(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_weight_and_state_keep_the_dtype(case, dtype):
    name, arguments, _, _ = CASES[case]
    updater = opt.get_updater(opt.create(name, learning_rate=0.1, **arguments))
    weight = nd.ones((3,), dtype=dtype)
    for _ in range(2):
        updater(0, nd.ones((3,), dtype=dtype), weight)
    state = updater.states[0]
    kept = [weight, *(state if isinstance(state, tuple) else [state])]
    assert {np.dtype(a.dtype).name for a in kept if a is not None} == {dtype}
    assert float(weight.asnumpy()[0]) < 1


@pytest.mark.parametrize(
    "case", sorted(CASES.keys() - {"rmsprop-bounded"})
)  # the bound moves the weight itself
def test_multi_precision_adds_up_steps_too_small_for_the_weight(case):
    name, arguments, _, _ = CASES[case]
    rate = {"learning_rate": 2e-4, **arguments}
    updater = opt.get_updater(opt.create(name, multi_precision=True, **rate))
    weight, reference = nd.ones((2,), dtype="bfloat16"), nd.ones((2,))
    plain = opt.get_updater(opt.create(name, **rate))
    for _ in range(40):
        updater([0], [nd.ones((2,), dtype="bfloat16")], [weight])
        plain([0], [nd.ones((2,))], [reference])
    assert np.dtype(weight.dtype).name == "bfloat16"
    assert float(weight.asnumpy()[0]) < 1
    np.testing.assert_allclose(updater.states[0][0].asnumpy(), reference.asnumpy(), rtol=1e-6)
