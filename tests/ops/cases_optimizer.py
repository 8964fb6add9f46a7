"""Parameter updates by their published formulas; tests/train/optimizer looks at their edges."""

import numpy as np

from tests.ops.case import Case, case, each_shape, positive, real


def clipped(g, bound):
    return np.clip(g, -bound, bound) if bound >= 0 else g


def decayed(w, g, wd, rescale_grad, clip_gradient):
    return clipped(rescale_grad * g, clip_gradient) + wd * w


def joined(w, g, wd, rescale_grad, clip_gradient):
    return clipped(rescale_grad * g + wd * w, clip_gradient)


RATES = {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.4}


def sgd(w, g, lr, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    return w - lr * decayed(w, g, wd, rescale_grad, clip_gradient)


def sgd_mom(w, g, mom, lr, momentum=0.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    mom = momentum * mom - lr * decayed(w, g, wd, rescale_grad, clip_gradient)
    return w + mom, mom


def nag(w, g, mom, lr, momentum=0.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    step = lr * decayed(w, g, wd, rescale_grad, clip_gradient)
    mom = momentum * mom - step
    return w + momentum * mom - step, mom


def adam(w, g, m, v, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = joined(w, g, wd, rescale_grad, clip_gradient)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    return w - lr * m / (np.sqrt(v) + epsilon), m, v


def rmsprop(
    w, g, n, lr, gamma1=0.95, epsilon=1e-8, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0, clip_weights=-1.0
):
    g = joined(w, g, wd, rescale_grad, clip_gradient)
    n = gamma1 * n + (1 - gamma1) * g * g
    return clipped(w - lr * g / np.sqrt(n + epsilon), clip_weights), n


def graves(
    w,
    g,
    n,
    mean,
    delta,
    lr,
    gamma1=0.95,
    gamma2=0.9,
    epsilon=1e-8,
    wd=0.0,
    rescale_grad=1.0,
    clip_gradient=-1.0,
):
    g = joined(w, g, wd, rescale_grad, clip_gradient)
    n, mean = gamma1 * n + (1 - gamma1) * g * g, gamma1 * mean + (1 - gamma1) * g
    delta = gamma2 * delta - lr * g / np.sqrt(n - mean * mean + epsilon)
    return w + delta, n, mean, delta


def adagrad(w, g, history, lr, epsilon=1e-7, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = clipped(rescale_grad * g, clip_gradient)
    history = history + g * g
    return w - lr * (g / np.sqrt(history + epsilon) + wd * w), history


def multi_sgd(*arrays, lrs, wds, num_weights, **rates):
    rows = zip(arrays[::2], arrays[1::2], lrs, wds, strict=True)
    return [sgd(w, g, lr, wd, **rates) for w, g, lr, wd in rows]


def multi_sgd_mom(*arrays, lrs, wds, num_weights, **rates):
    rows = zip(arrays[::3], arrays[1::3], arrays[2::3], lrs, wds, strict=True)
    made = [sgd_mom(w, g, m, lr, wd=wd, **rates) for w, g, m, lr, wd in rows]
    return [w for w, _ in made] + [m for _, m in made]


CASES: list[Case] = []
for op, fn, states, facts in (
    ("sgd_update", sgd, 0, {}),
    ("sgd_mom_update", sgd_mom, 1, {"momentum": 0.9}),
    ("nag_mom_update", nag, 1, {"momentum": 0.9}),
    ("adam_update", adam, 2, {}),
    ("rmsprop_update", rmsprop, 1, {"clip_weights": 1.0}),
    ("adagrad_update", adagrad, 1, {}),
):
    draws = [(real(*s), real(*s), *[positive(*s)] * states) for s in ((3, 4), (5,))]
    CASES += each_shape(op, fn, draws, gradient=False, **RATES, **facts)
    CASES += each_shape(op, fn, draws[:1], gradient=False, lr=0.1)
CASES += each_shape(
    "rmspropalex_update",
    graves,
    [(real(*s), real(*s), positive(*s), real(*s), real(*s)) for s in ((3, 4), (5,))],
    gradient=False,
    **RATES,
    epsilon=4.0,  # keeps n - mean² + epsilon positive whatever is drawn
)
MANY = {"lrs": (0.1, 0.2), "wds": (0.0, 0.01), "rescale_grad": 0.5, "clip_gradient": 0.4, "num_weights": 2}
CASES += [
    case("multi_sgd_update", multi_sgd, real(3, 2), real(3, 2), real(4), real(4), gradient=False, **MANY),
    case(
        "multi_sgd_mom_update",
        multi_sgd_mom,
        *[real(3, 2)] * 3,
        *[real(4)] * 3,
        gradient=False,
        **MANY,
        momentum=0.9,
    ),
]
