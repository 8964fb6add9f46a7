"""Every loss against NumPy, imperative and hybridized, weighted and not, with its gradient by JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon import loss as losses
from workbench.imperative import autograd, nd

rng = np.random.default_rng(0)
PRED = rng.normal(size=(4, 3)).astype(np.float32)
OTHER = rng.normal(size=(4, 3)).astype(np.float32)
THIRD = rng.normal(size=(4, 3)).astype(np.float32)
YES = rng.integers(0, 2, size=(4, 3)).astype(np.float32)
SIGNED = 2 * YES - 1
CLASS = np.array([0, 2, 1, 2], np.float32)
DENSE = np.array([[0.2, 0.3, 0.5]] * 4, np.float32)
RATE = np.abs(OTHER)
COUNT = np.array([[0, 1, 5]] * 4, np.float32)
PAIR = np.array([1, -1, 1, -1], np.float32)


def mean(value):
    return value.mean(1)


def huber(p, y, rho):
    e = jnp.abs(y - p)
    return mean(jnp.where(e > rho, e - rho / 2, e * e / (2 * rho)))


def cosine(a, b, label, margin):
    c = (a * b).sum(-1) / jnp.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return jnp.where(label == 1, 1 - c, jnp.maximum(c - margin, 0))[:, None]


def logs(p):
    return jax.nn.log_softmax(p, axis=-1)


def cross(p, y):
    return -(logs(p) * jax.nn.one_hot(y.astype(int), 3)).sum(-1)


def binary(p, y, pos=1.0):
    return mean(-(pos * y * jax.nn.log_sigmoid(p) + (1 - y) * jax.nn.log_sigmoid(-p)))


def stirling(t):
    return jnp.where(t > 1, t * jnp.log(t + 1e-8) - t + 0.5 * jnp.log(2 * jnp.pi * (t + 1e-8)), 0.0)


CASES = {
    "L2Loss": (losses.L2Loss(), (PRED, OTHER), lambda p, y: mean((y - p) ** 2 / 2)),
    "L2Loss weighted": (losses.L2Loss(weight=3.0), (PRED, OTHER), lambda p, y: mean(1.5 * (y - p) ** 2)),
    "L2Loss other axis": (
        losses.L2Loss(batch_axis=1),
        (PRED, OTHER),
        lambda p, y: ((y - p) ** 2 / 2).mean(0),
    ),
    "L1Loss": (losses.L1Loss(), (PRED, OTHER), lambda p, y: mean(jnp.abs(y - p))),
    "HuberLoss": (losses.HuberLoss(rho=0.5), (PRED, OTHER), lambda p, y: huber(p, y, 0.5)),
    "SigmoidBCELoss": (losses.SigmoidBCELoss(), (PRED, YES), binary),
    "SigmoidBCELoss of sigmoid": (
        losses.SigmoidBinaryCrossEntropyLoss(from_sigmoid=True),
        (1 / (1 + np.exp(-PRED)), YES),
        lambda p, y: mean(-(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))),
    ),
    "SoftmaxCELoss": (losses.SoftmaxCELoss(), (PRED, CLASS), cross),
    "SoftmaxCELoss of logits": (
        losses.SoftmaxCELoss(from_logits=True),
        (PRED, CLASS),
        lambda p, y: -(p * jax.nn.one_hot(y.astype(int), 3)).sum(-1),
    ),
    "SoftmaxCELoss dense": (
        losses.SoftmaxCrossEntropyLoss(sparse_label=False, weight=2.0),
        (PRED, DENSE),
        lambda p, y: -2 * (logs(p) * y).sum(-1),
    ),
    "KLDivLoss": (losses.KLDivLoss(), (PRED, DENSE), lambda p, y: (y * (jnp.log(y) - p)).sum(1)),
    "KLDivLoss of scores": (
        losses.KLDivLoss(from_logits=False),
        (PRED, DENSE),
        lambda p, y: (y * (jnp.log(y) - logs(p))).sum(1),
    ),
    "HingeLoss": (losses.HingeLoss(), (PRED, SIGNED), lambda p, y: mean(jnp.maximum(1 - p * y, 0))),
    "SquaredHingeLoss": (
        losses.SquaredHingeLoss(margin=2),
        (PRED, SIGNED),
        lambda p, y: mean(jnp.maximum(2 - p * y, 0) ** 2),
    ),
    "LogisticLoss": (losses.LogisticLoss(), (PRED, SIGNED), lambda p, y: mean(jnp.log1p(jnp.exp(-p * y)))),
    "LogisticLoss binary": (losses.LogisticLoss(label_format="binary"), (PRED, YES), binary),
    "TripletLoss": (
        losses.TripletLoss(),
        (PRED, OTHER, THIRD),
        lambda p, a, b: jnp.maximum(((p - a) ** 2 - (p - b) ** 2).sum(1) + 1, 0),
    ),
    "CosineEmbeddingLoss": (
        losses.CosineEmbeddingLoss(margin=0.1),
        (PRED, OTHER, PAIR),
        lambda a, b, y: cosine(a, b, y, 0.1),
    ),
    "PoissonNLLLoss": (losses.PoissonNLLLoss(), (PRED, COUNT), lambda p, t: (jnp.exp(p) - t * p).mean()),
    "PoissonNLLLoss full": (
        losses.PoissonNLLLoss(from_logits=False, compute_full=True),
        (RATE, COUNT),
        lambda p, t: (p - t * jnp.log(p + 1e-8) + stirling(t)).mean(),
    ),
}


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient(name, hybridize):
    block, values, oracle = CASES[name]
    block.hybridize(hybridize)
    arrays = [nd.array(v) for v in values]
    arrays[0].attach_grad()
    with autograd.record():
        out = block(*arrays)
    out.backward()
    expected = oracle(*map(jnp.asarray, values))
    np.testing.assert_allclose(out.asnumpy(), np.reshape(expected, out.shape), rtol=2e-4, atol=1e-6)
    slope = jax.grad(lambda p: oracle(p, *map(jnp.asarray, values[1:])).sum())(jnp.asarray(values[0]))
    np.testing.assert_allclose(arrays[0].grad.asnumpy(), slope, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("name", [n for n in CASES if "axis" not in n and "Poisson" not in n])
def test_samples_can_be_weighted(name):
    block, values, oracle = CASES[name]
    block.hybridize(False)
    weights = np.array([[0.0], [1.0], [2.0], [3.0]], np.float32)
    shape = (4,) if name == "TripletLoss" else (4, 1)
    out = block(*map(nd.array, values), nd.array(weights.reshape(shape)))
    expected = np.reshape(oracle(*map(jnp.asarray, values)), out.shape) * weights.reshape(-1, *out.shape[1:])
    np.testing.assert_allclose(out.asnumpy(), expected, rtol=2e-4, atol=1e-6)


def test_positives_can_weigh_more():
    block = losses.SigmoidBCELoss()
    out = block(nd.array(PRED), nd.array(YES), None, nd.array([[3.0, 1.0, 0.5]]))
    expected = binary(jnp.asarray(PRED), jnp.asarray(YES), jnp.array([[3.0, 1.0, 0.5]]))
    np.testing.assert_allclose(out.asnumpy(), expected, rtol=1e-4, atol=1e-6)


def test_labels_take_the_shape_of_predictions():
    out = losses.L2Loss()(nd.array([[1.0], [2.0]]), nd.array([0.0, 0.0]))
    np.testing.assert_array_equal(out.asnumpy(), [0.5, 2.0])


def test_classes_may_be_on_another_axis():
    scores = rng.normal(size=(2, 3, 5)).astype(np.float32)
    label = rng.integers(0, 3, size=(2, 5)).astype(np.float32)
    out = losses.SoftmaxCELoss(axis=1)(nd.array(scores), nd.array(label)).asnumpy()
    logged = np.asarray(jax.nn.log_softmax(scores, axis=1))
    expected = -np.take_along_axis(logged, label.astype(int)[:, None], 1).mean((1, 2))
    np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_large_scores_do_not_overflow():
    out = losses.SigmoidBCELoss()(nd.array([[1000.0, -1000.0]]), nd.array([[1.0, 0.0]]))
    assert out.asscalar() == 0


def test_pairs_of_a_batch_are_told_apart():
    near, far = PRED, PRED + 0.1 * OTHER
    apart = ((near[:, None] - far[None]) ** 2).sum(-1)
    labels = np.where(np.eye(4), 0.7, 0.1)
    expected = (labels * (np.log(labels) - np.asarray(logs(-apart)))).sum(1)
    for hybridize in (False, True):
        block = losses.SDMLLoss()
        block.hybridize(hybridize)
        np.testing.assert_allclose(block(nd.array(near), nd.array(far)).asnumpy(), expected, rtol=1e-4)


def every_alignment(logits, label):
    """-log of the summed probability of all paths that collapse to the label; the last class is the blank."""
    steps, classes = logits.shape
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    total = 0.0
    for path in np.ndindex(*[classes] * steps):
        merged = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
        if [c for c in merged if c != classes - 1] == list(label):
            total += np.prod(p[range(steps), path])
    return -np.log(total)


@pytest.mark.parametrize(("layout", "label_layout"), [("NTC", "NT"), ("TNC", "TN")])
def test_ctc_sums_over_every_alignment(layout, label_layout):
    logits = rng.normal(size=(3, 4, 3)).astype(np.float32)
    labels = np.array([[0, 1], [1, -1], [1, 1]], np.float32)
    expected = [every_alignment(x, [c for c in y if c >= 0]) for x, y in zip(logits, labels, strict=True)]
    pred = nd.array(logits if layout == "NTC" else logits.swapaxes(0, 1))
    label = nd.array(labels if label_layout == "NT" else labels.T)
    for hybridize in (False, True):
        block = losses.CTCLoss(layout, label_layout, weight=2.0)
        block.hybridize(hybridize)
        np.testing.assert_allclose(block(pred, label).asnumpy(), 2 * np.array(expected), rtol=1e-4)
    lengths = (nd.array([3, 4, 4]), nd.array([2, 1, 1]))
    cut = [
        every_alignment(x[:t], y[:n]) for x, y, t, n in zip(logits, labels, [3, 4, 4], [2, 1, 1], strict=True)
    ]
    got = losses.CTCLoss(layout, label_layout)(pred, label, *lengths)
    np.testing.assert_allclose(got.asnumpy(), cut, rtol=1e-4)


def test_a_cosine_of_neither_label_costs_nothing():
    out = losses.CosineEmbeddingLoss()(nd.array(PRED), nd.array(OTHER), nd.array([0, 2, 0, 2]))
    np.testing.assert_array_equal(out.asnumpy(), np.zeros((4, 1)))


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="CTCLoss: layout is 'NTC' or 'TNC', got 'NCT'"):
        losses.CTCLoss("NCT")
    with pytest.raises(ArgumentError, match="CTCLoss: label_layout is 'NT' or 'TN', got 'T'"):
        losses.CTCLoss(label_layout="T")
    with pytest.raises(ArgumentError, match="L1Loss: weight must be a number or None, got '1'"):
        losses.L1Loss(weight="1")
    with pytest.raises(ArgumentError, match="label_format is 'signed' or 'binary', got 'both'"):
        losses.LogisticLoss(label_format="both")
    assert repr(losses.L2Loss()) == "L2Loss(batch_axis=0, w=1.0)"


def refused(loss, kind, *args):
    with pytest.raises(kind) as caught:
        loss(*args)
    message = str(caught.value)
    assert " (called at test_losses.py:" in message
    return message


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize(
    ("loss", "shape", "text"),
    [
        (losses.SoftmaxCELoss, (3,), "labels are class numbers of shape (4,), got (3,) (called at"),
        (
            losses.SoftmaxCELoss,
            (4, 3),
            "labels are class numbers of shape (4,), got (4, 3); one-hot labels need sparse_label=False",
        ),
        (losses.L2Loss, (4,), "label must have as many elements as pred, whose shape is (4, 3), got (4,)"),
        (
            losses.SigmoidBCELoss,
            (4, 2),
            "label must have as many elements as pred, whose shape is (4, 3), got",
        ),
        (losses.KLDivLoss, (4,), "label must have as many elements as pred, whose shape is (4, 3), got (4,)"),
        (losses.PoissonNLLLoss, (2,), "target must have as many elements as pred, whose shape is (4, 3)"),
    ],
)
def test_labels_that_do_not_fit_are_refused_in_the_words_of_the_loss(hybridize, loss, shape, text):
    loss = loss()
    loss.hybridize(hybridize)
    message = refused(loss, ShapeError, nd.array(PRED), nd.ones(shape))
    assert message.startswith(f"{type(loss).__name__}: {text}")


@pytest.mark.parametrize("hybridize", [False, True])
def test_labels_that_are_no_arrays_are_refused_in_the_words_of_the_loss(hybridize):
    loss = losses.SoftmaxCELoss()
    loss.hybridize(hybridize)
    message = refused(loss, ArgumentError, nd.array(PRED), CLASS)
    text = "SoftmaxCrossEntropyLoss: label must be an NDArray, got ndarray; nd.array() makes one"
    assert message.startswith(text)
    assert "label must be an NDArray, got a list of int" in refused(
        losses.L2Loss(), ArgumentError, nd.array(PRED), [1, 2, 3, 4]
    )


def test_what_does_not_fit_for_another_reason_keeps_its_own_words():
    with pytest.raises(ShapeError, match="broadcast_mul"):
        losses.L2Loss()(nd.array(PRED), nd.array(OTHER), nd.ones((7,)))
    with pytest.raises(ArgumentError, match="was called with 1 argument"):
        losses.L2Loss()(nd.array(PRED))


@pytest.mark.parametrize("beyond", [4, 9, -2])
def test_ctc_loss_of_a_label_that_is_no_class_is_nan_and_no_other(beyond):
    pred = nd.array(np.random.default_rng(0).normal(size=(2, 5, 4)))
    pred.attach_grad()
    label, lengths = nd.array([[0, 2], [1, beyond]]), nd.array([2, 2])
    with autograd.record():
        loss = losses.CTCLoss()(pred, label, None, lengths)
    loss.backward()
    alone = losses.CTCLoss()(pred[:1], label[:1], None, lengths[:1])
    np.testing.assert_allclose(loss.asnumpy()[:1], alone.asnumpy(), rtol=1e-6)
    assert np.isnan(loss.asnumpy()[1])
    assert np.isfinite(pred.grad.asnumpy()[0]).all()
