"""Parameter updates by their published formulas; tests/train/optimizer looks at their edges."""

import numpy as np

from tests.ops.case import Case, case, each_shape, fixed, positive, real


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


def adamax(w, g, m, u, lr, beta1=0.9, beta2=0.999, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = joined(w, g, wd, rescale_grad, clip_gradient)
    m, u = beta1 * m + (1 - beta1) * g, np.maximum(beta2 * u, np.abs(g))
    return w - lr * m / u, m, u


def nadam(
    w,
    g,
    m,
    v,
    lr,
    t,
    grad_share,
    mean_share,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
    wd=0.0,
    rescale_grad=1.0,
    clip_gradient=-1.0,
):
    g = joined(w, g, wd, rescale_grad, clip_gradient)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    step = lr * (grad_share * g + mean_share * m)
    return w - step / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


def adadelta(w, g, of_g, of_d, rho=0.9, epsilon=1e-5, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = clipped(rescale_grad * g, clip_gradient)
    of_g = rho * of_g + (1 - rho) * g * g
    d = np.sqrt((of_d + epsilon) / (of_g + epsilon)) * g
    return w - d - wd * w, of_g, rho * of_d + (1 - rho) * d * d


def signsgd(w, g, lr, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    return (1 - lr * wd) * w - lr * np.sign(g)


def signum(w, g, mom, lr, momentum=0.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0, wd_lh=0.0):
    mom = momentum * mom - (1 - momentum) * decayed(w, g, wd, rescale_grad, clip_gradient)
    return (1 - lr * wd_lh) * w + lr * np.sign(mom), mom


def ftrl(w, g, z, n, lr, lamda1=0.01, beta=1.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = clipped(rescale_grad * g, clip_gradient)
    z, n = z + g - (np.sqrt(n + g * g) - np.sqrt(n)) * w / lr, n + g * g
    return np.where(np.abs(z) > lamda1, (np.sign(z) * lamda1 - z) / ((beta + np.sqrt(n)) / lr + wd), 0), z, n


def ftml(
    w, g, d, v, z, lr, t, beta1=0.6, beta2=0.999, epsilon=1e-8, wd=0.0, rescale_grad=1.0, clip_grad=-1.0
):
    g = joined(w, g, wd, rescale_grad, clip_grad)
    v = beta2 * v + (1 - beta2) * g * g
    new = (1 - beta1**t) / lr * (np.sqrt(v / (1 - beta2**t)) + epsilon)
    z = beta1 * z + (1 - beta1) * g - (new - beta1 * d) * w
    return -z / new, new, v, z


def lamb_direction(
    w,
    g,
    m,
    v,
    t,
    wd,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-6,
    bias_correction=True,
    rescale_grad=1.0,
    clip_gradient=-1.0,
):
    g = clipped(rescale_grad * g, clip_gradient)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    first, second = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1, 1)
    return m / first / (np.sqrt(v / second) + epsilon) + wd * w, m, v


def lamb_step(w, g, r1, r2, lr, lower_bound=-1.0, upper_bound=-1.0):
    r1 = max(r1[0], lower_bound) if lower_bound >= 0 else r1[0]
    r1 = min(r1, upper_bound) if upper_bound >= 0 else r1
    return w - lr * (r1 / r2[0] if r1 and r2[0] else 1) * g


def lars(w, g, mom, lr, momentum=0.0, eta=0.001, eps=0.0, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    of_w, of_g = np.linalg.norm(w), np.linalg.norm(rescale_grad * g)
    rate = lr * (eta * of_w / (of_g + wd * of_w + eps) if of_w and of_g else 1)
    mom = momentum * mom - rate * decayed(w, g, wd, rescale_grad, clip_gradient)
    return w + mom, mom


def dcasgd(w, g, mom, before, lr, momentum=0.0, lamda=0.04, wd=0.0, rescale_grad=1.0, clip_gradient=-1.0):
    g = clipped(rescale_grad * g, clip_gradient)
    mom = momentum * mom - lr * (g + wd * w + lamda * g * g * (w - before))
    return w + mom, mom, w


def with_copy(rule):
    """The same rule on the float32 copy, the last array, which the narrow weight then takes."""

    def narrow(w, g, *states, **rates):
        made = rule(states[-1], g, *states[:-1], **rates)
        new, *rest = made if isinstance(made, tuple) else (made,)
        return (new, *rest, new)

    return narrow


def many(rule, width):
    """The rule for each `width` arrays, by columns: all the weights, then all the first states, and so on."""

    def rows(*arrays, lrs, wds, num_weights, **rates):
        made = []
        for i, (lr, wd) in enumerate(zip(lrs, wds, strict=True)):
            one = rule(*arrays[i * width : (i + 1) * width], lr=lr, wd=wd, **rates)
            made.append(one if isinstance(one, tuple) else (one,))
        return [new for column in zip(*made, strict=True) for new in column]

    return rows


def multi_lars(lrs, of_w, of_g, wds, eta, eps, rescale_grad=1.0):
    w, g = np.sqrt(of_w), rescale_grad * np.sqrt(of_g)
    return np.where((w > 0) & (g > 0), lrs * eta * w / (g + wds * w + eps), lrs)


def sums_of_squares(*arrays, num_arrays):
    return np.array([(a * a).sum() for a in arrays])


def adamw(w, g, m, v, scale, lr, eta, beta1=0.9, beta2=0.999, epsilon=1e-8, wd=0.0, clip_gradient=-1.0):
    if not np.isfinite(scale[0]) or not scale[0]:
        return w, m, v
    g = clipped(scale[0] * g, clip_gradient)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    return w - eta * (lr * m / (np.sqrt(v) + epsilon) + wd * w), m, v


def mp_adamw(w, g, m, v, w32, scale, **facts):
    new, m, v = adamw(w32, g, m, v, scale, **facts)
    return new, m, v, new


def mp_lamb_direction(w, g, m, v, w32, **facts):
    return lamb_direction(w32, g, m, v, **facts)


def mp_lamb_step(w, g, r1, r2, w32, **facts):
    new = lamb_step(w32, g, r1, r2, **facts)
    return new, new


CASES: list[Case] = []
for op, fn, states, facts in (
    ("sgd_update", sgd, 0, {}),
    ("sgd_mom_update", sgd_mom, 1, {"momentum": 0.9}),
    ("nag_mom_update", nag, 1, {"momentum": 0.9}),
    ("adam_update", adam, 2, {}),
    ("rmsprop_update", rmsprop, 1, {"clip_weights": 1.0}),
    ("adagrad_update", adagrad, 1, {}),
    ("mp_sgd_update", with_copy(sgd), 1, {}),
    ("mp_sgd_mom_update", with_copy(sgd_mom), 2, {"momentum": 0.9}),
    ("mp_nag_mom_update", with_copy(nag), 2, {"momentum": 0.9}),
    ("signsgd_update", signsgd, 0, {}),
    ("signum_update", signum, 1, {"momentum": 0.9, "wd_lh": 0.2}),
    ("ftrl_update", ftrl, 2, {"lamda1": 0.7, "beta": 0.5}),
    ("adamax_update", adamax, 2, {}),
    ("lars_update", lars, 1, {"momentum": 0.9, "eta": 0.5, "eps": 0.1}),
    ("dcasgd_update", dcasgd, 2, {"momentum": 0.9, "lamda": 0.5}),
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
AT = {"lr": 0.1, "t": 3}
SHARES = {"grad_share": 0.4, "mean_share": 0.7}
CLIP = {"wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.4}
THREE = [(real(*s), real(*s), *[positive(*s)] * 3) for s in ((3, 4), (5,))]
TWO = [draws[:4] for draws in THREE]
CASES += each_shape("nadam_update", nadam, TWO, gradient=False, **AT, **SHARES, **CLIP)
CASES += each_shape("adadelta_update", adadelta, TWO, gradient=False, **CLIP)
CASES += each_shape(
    "ftml_update", ftml, THREE, gradient=False, **AT, wd=0.01, rescale_grad=0.5, clip_grad=0.4
)
CASES += each_shape("lamb_update_phase1", lamb_direction, TWO, gradient=False, t=3, **CLIP)
CASES += each_shape(
    "lamb_update_phase1", lamb_direction, TWO[:1], gradient=False, t=3, wd=0.0, bias_correction=False
)
for bounds in ({}, {"lower_bound": 9.0}, {"upper_bound": 0.1}):
    CASES.append(
        case(
            "lamb_update_phase2",
            lamb_step,
            real(3, 4),
            real(3, 4),
            positive(1),
            positive(1),
            gradient=False,
            lr=0.1,
            **bounds,
        )
    )
CASES.append(
    case(
        "lamb_update_phase2",
        lamb_step,
        real(5),
        real(5),
        positive(1),
        fixed([0.0]),
        gradient=False,
        lr=0.1,
    )
)
MANY = {"lrs": (0.1, 0.2), "wds": (0.0, 0.01), "rescale_grad": 0.5, "clip_gradient": 0.4, "num_weights": 2}
for op, rule, width, facts in (
    ("multi_sgd_update", sgd, 2, {}),
    ("multi_sgd_mom_update", sgd_mom, 3, {"momentum": 0.9}),
    ("multi_mp_sgd_update", with_copy(sgd), 3, {}),
    ("multi_mp_sgd_mom_update", with_copy(sgd_mom), 4, {"momentum": 0.9}),
):
    draws = [real(3, 2)] * width + [real(4)] * width
    CASES.append(case(op, many(rule, width), *draws, gradient=False, **MANY, **facts))
for shape in ((3, 4), (5,)):
    weight, positives = real(*shape), positive(*shape)
    for scale in ([0.5], [0.0], [np.inf])[: 3 if shape == (5,) else 1]:
        facts = {"lr": 0.1, "eta": 0.5, "wd": 0.01, "clip_gradient": 0.4, "gradient": False}
        facts["defined"] = scale == [0.5]  # where a step is left out, MXNet leaves the output unwritten
        states = (weight, weight, positives, positives)
        CASES.append(case("_adamw_update", adamw, *states, fixed(scale), **facts))
        CASES.append(case("_mp_adamw_update", mp_adamw, *states, weight, fixed(scale), **facts))
    CASES += [
        case(
            "mp_lamb_update_phase1", mp_lamb_direction, *[weight] * 2, *[positives] * 2, weight, gradient=False, t=3,
            **CLIP,
        ),
        case(
            "mp_lamb_update_phase2", mp_lamb_step, weight, weight, positive(1), positive(1), weight, gradient=False,
            lr=0.1, lower_bound=0.5,
        ),
    ]  # fmt: skip
for count, nothing in ((3, [1.0, 0.0, 2.0]), (2, [1.5, 2.5])):
    CASES.append(
        case(
            "multi_lars", multi_lars, positive(count), fixed(nothing), positive(count), positive(count), eta=0.1,
            eps=0.01, rescale_grad=0.5, gradient=False,
        )
    )  # fmt: skip
CASES += [
    case("multi_sum_sq", sums_of_squares, *draws, num_arrays=2, gradient=False)
    for draws in ((real(2, 3), real(4)), (real(1), real(2, 2)))
]
