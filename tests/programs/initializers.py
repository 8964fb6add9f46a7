"""What each initializer fills, where that is no matter of chance, and how what it draws is spread; its text."""

import sys

import numpy as np

import workbench as mx

init = mx.init
NAMES = ["fc_weight", "fc_bias", "bn_gamma", "bn_beta", "q_min", "q_max"]
FIXED = {
    "zero": lambda: init.Zero(),
    "one": lambda: init.create("ones"),
    "constant": lambda: init.Constant(2.5),
    "bilinear": lambda: init.Bilinear(),
    "lstmbias": lambda: init.LSTMBias(forget_bias=2.0),
}
DRAWN = {
    "uniform": lambda: init.Uniform(0.3),
    "normal": lambda: init.Normal(0.3),
    "xavier": lambda: init.Xavier(),
    "xavier in": lambda: init.Xavier("gaussian", "in", 2),
    "xavier out": lambda: init.Xavier(factor_type="out", magnitude=2.34),
    "msra": lambda: init.MSRAPrelu(slope=0.1),
    "orthogonal": lambda: init.Orthogonal(scale=1.0),
}


def filled(initializer, name, shape, attrs=None):
    array = mx.nd.full(shape, 7)
    initializer(init.InitDesc(name, attrs), array)
    return array.asnumpy()


found = {}
for key, make in FIXED.items():
    shape = (4, 2, 4, 4) if key == "bilinear" else (8, 2)
    found[key] = filled(make(), "weight", shape)
for name in NAMES:
    found["role of " + name] = filled(init.Constant(5), name, (4, 4))
for key, make in DRAWN.items():
    mx.random.seed(3)
    array = filled(make(), "weight", (400, 90, 2, 2) if key != "orthogonal" else (40, 60))
    found["spread of " + key] = np.array([array.std()])
    if key == "orthogonal":
        found["products of rows"] = array.dot(array.T)
    elif key not in ("normal", "msra", "xavier in"):
        found["bound of " + key] = np.array([abs(array).max()])
own = {"__init__": init.Constant(4).dumps()}
found["a variable's own"] = filled(init.Zero(), "odd", (3,), own)
mixed = init.Mixed(["fc.*", ".*"], [init.Constant(1), init.Constant(2)])
found["mixed"] = np.stack([filled(mixed, n, (2,)) for n in ("fc1_weight", "conv_weight")])
load = init.Load({"arg:a_weight": mx.nd.ones((3,)) * 9}, default_init=init.Zero())
found["loaded"] = np.stack([filled(load, n, (3,)) for n in ("a_weight", "b_weight")])
fused = init.FusedRNN(init.Constant(3), 4, 2, "lstm", forget_bias=2.0)
found["fused"] = filled(fused, "lstm_weight", (4 * 4 * (3 + 4 + 2) + 4 * 4 * (4 + 4 + 2),))
texts = " ".join(make().dumps() for make in list(FIXED.values()) + list(DRAWN.values()))
found["texts"] = np.array(sorted(ord(c) for c in texts))  # MXNet writes some arguments in another order
np.savez(sys.argv[1] + "/result.npz", **found)
