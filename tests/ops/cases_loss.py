"""Loss layers: the prediction forward, and backward the gradient MXNet documents, whatever cotangent comes in."""

import numpy as np

from tests.ops.case import Case, between, case, each_shape, fixed, real, whole


def softmax(x, axis):
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


def predict(x, label, multi_output=False, preserve_shape=False, **_):
    if multi_output or preserve_shape:
        return softmax(x, 1 if multi_output else -1)
    return softmax(x.reshape(len(x), -1), 1).reshape(x.shape)


def softmax_slope(
    x, label, grad_scale=1.0, ignore_label=-1.0, multi_output=False, use_ignore=False, preserve_shape=False,
    normalization="null", smooth_alpha=0.0,
):  # fmt: skip
    """Class by class and label by label, following the loops of MXNet 1.x."""
    p = predict(x, label, multi_output, preserve_shape)
    if label.shape == x.shape:
        return (p - label) * grad_scale
    rows = np.moveaxis(p, 1, -1) if multi_output else p if preserve_shape else p.reshape(len(p), -1)
    classes = rows.shape[-1]
    grad = rows.reshape(-1, classes).copy()
    for row, k in zip(grad, label.reshape(-1), strict=True):
        if use_ignore and k == ignore_label:
            row[:] = 0
        else:
            alpha = 0 if multi_output else smooth_alpha
            row -= alpha / (classes - 1)
            row[int(k)] -= 1 - alpha - alpha / (classes - 1)
    grad = grad.reshape(rows.shape)
    grad = np.moveaxis(grad, -1, 1) if multi_output else grad.reshape(x.shape)
    spatial = label.size // len(label) if multi_output else 1
    batch = len(label) if multi_output else label.size
    valid = max(np.sum(label != ignore_label), 1)
    return grad * grad_scale / {"null": spatial, "batch": spatial * batch, "valid": valid}[normalization]


def regression(forward, slope):
    def output(x, label, grad_scale=1.0):
        return forward(x)

    def gradient(x, label, grad_scale=1.0):
        return slope(forward(x), label.reshape(x.shape)) * grad_scale / (label.size // len(label))

    return output, gradient


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def make_loss_slope(x, grad_scale=1.0, normalization="null", valid_thresh=0.0):
    divisor = {"null": 1, "batch": len(x) if x.ndim > 1 else 1, "valid": max(np.sum(x > valid_thresh), 1)}[
        normalization
    ]
    return np.full(x.shape, grad_scale / divisor)


def cross_entropy(x, label):
    return np.atleast_1d(-np.sum(np.log(softmax(x, -1))[np.arange(len(x)), label.astype(int)]))


LABELS = fixed([2, 0, 1])
SOME_IGNORED = fixed([2, -1, 1])
CASES: list[Case] = [
    case("SoftmaxOutput", predict, *inputs, loss=softmax_slope, **attrs)
    for inputs, attrs in (
        ((real(3, 4), LABELS), {}),
        ((real(3, 2, 2), LABELS), {"grad_scale": 0.5}),
        ((real(3, 4), LABELS), {"normalization": "batch"}),
        ((real(3, 4), SOME_IGNORED), {"use_ignore": True, "normalization": "valid"}),
        ((real(3, 4), SOME_IGNORED), {"use_ignore": True}),
        ((real(3, 4), fixed([2, 3, 1])), {"use_ignore": True, "ignore_label": 3.0, "normalization": "batch"}),
        ((real(3, 4), LABELS), {"smooth_alpha": 0.1}),
        ((real(3, 4), between(0.0, 1.0, 3, 4)), {}),
        ((real(2, 3, 2, 2), whole(3, 2, 2, 2)), {"multi_output": True}),
        ((real(2, 3, 4), whole(3, 2, 4)), {"multi_output": True, "normalization": "batch"}),
        (
            (real(2, 3, 4), whole(3, 2, 4, low=-1)),
            {"multi_output": True, "use_ignore": True, "normalization": "valid"},
        ),
        ((real(2, 3, 4), whole(4, 2, 3)), {"preserve_shape": True}),
        ((real(2, 3, 4), whole(4, 2, 3)), {"preserve_shape": True, "normalization": "batch"}),
    )
]
for op, forward, slope in (
    ("LinearRegressionOutput", lambda x: x, lambda y, t: y - t),
    ("MAERegressionOutput", lambda x: x, lambda y, t: np.sign(y - t)),
    ("LogisticRegressionOutput", sigmoid, lambda y, t: y - t),
):
    output, gradient = regression(forward, slope)
    for attrs in ({}, {"grad_scale": 3.0}):
        draws = [(real(3, 2), between(0.0, 1.0, 3, 2)), (real(3, 1), between(0.0, 1.0, 3))]
        CASES += each_shape(op, output, draws, loss=gradient, **attrs)
for attrs in (
    {},
    {"grad_scale": 0.5, "normalization": "batch"},
    {"normalization": "valid", "valid_thresh": 0.2},
):
    CASES += each_shape("MakeLoss", lambda x, **_: x, [real(3, 2), real(4)], loss=make_loss_slope, **attrs)
CASES += each_shape("softmax_cross_entropy", cross_entropy, [(real(3, 4), LABELS), (real(2, 5), whole(5, 2))])


def svm_slope(x, label, margin=1.0, regularization_coefficient=1.0, use_linear=False):
    """Score by score."""
    slope = np.zeros_like(x)
    for row, (scores, k) in enumerate(zip(x, label.astype(int), strict=True)):
        for c, score in enumerate(scores):
            sign = 1 if c == k else -1
            if margin > sign * score:
                slope[row, c] = -sign * (1 if use_linear else 2 * (margin - sign * score))
    return slope * regularization_coefficient


for attrs in ({}, {"margin": 0.5, "regularization_coefficient": 0.3}, {"use_linear": True}):
    draws = [(real(3, 4), LABELS), (real(2, 5), whole(5, 2))]
    CASES += each_shape("SVMOutput", lambda x, label, **_: x, draws, loss=svm_slope, **attrs)
CASES += [
    case("SoftmaxOutput", predict, *inputs, loss=softmax_slope, multi_output=True, smooth_alpha=0.1)
    for inputs in ((real(2, 3, 2, 2), whole(3, 2, 4)), (real(2, 3, 4), whole(3, 2, 4)))
]
