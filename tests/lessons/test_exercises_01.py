"""Every check of lesson 01 accepts the solution, and says of typical wrong answers what is wrong."""

import pytest
from checks import lesson_01
from checks.exercise import WrongAnswerError
from solutions_01 import first_bad_layer, log_losses

from workbench import autograd

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_01_1
def test_first_bad_layer(answers):
    lesson_01.exercise_1.__wrapped__(answers["first_bad_layer"])


@pytest.mark.exercise_01_2
def test_tidy(answers):
    lesson_01.exercise_2.__wrapped__(answers["tidy"])


@pytest.mark.exercise_01_3
def test_log_losses(answers):
    lesson_01.exercise_3.__wrapped__(answers["log_losses"])


def bad_by_comparing(net, images, low, high):
    for layer in net:
        images = layer(images)
        spread = images.asnumpy().std()
        if spread < low or spread > high:  # never true of nan
            return layer.name
    return None


def bad_after_all_layers(net, images, low, high):
    bad = []
    for layer in net:
        images = layer(images)
        if not low <= images.asnumpy().std() <= high:
            bad.append(layer.name)
    return bad[0] if bad else None


def bad_layer_itself(net, images, low, high):
    name = first_bad_layer(net, images, low, high)
    return None if name is None else next(layer for layer in net if layer.name == name)


def bad_from_the_mean(net, images, low, high):
    for layer in net:
        images = layer(images)
        if not low <= abs(images.asnumpy().mean()) <= high:
            return layer.name
    return None


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (bad_by_comparing, r"asked for the layer 'b', whose activations are not a number; got None"),
        (bad_after_all_layers, r"asked for the layers a, b to run once; got \['a', 'b', 'c'\]"),
        (bad_layer_itself, r"asked for the layer 'b', where the spread falls below `low`; got Scale"),
        (bad_from_the_mean, r"asked for None, as all activations are within bounds; got 'a'"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: {says}"):
        lesson_01.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda F, x: F.tanh(x), r"asked for 0\.99\d+ at x=-3\.0; got -0\.99"),
        (lambda F, x: F.tanh(x) * F.tanh(x), r"nothing for the passes to change; got \['tanh merged'\]"),
        (lambda F, x: F.square(F.tanh(x)) * 1, r"got \['_mul_scalar removed'\]"),
        (lambda F, x: (F.square(F.tanh(x)) * 2) / 2, r"asked for at most two operations; got \['tanh'"),
        (lambda F, x: x.asnumpy(), r"asked for an NDArray for F=nd; got ndarray"),
        (lambda F, x: F.tanh(x).sum(), r"asked for the shape \(31,\); got \(1,\)"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: .*{says}"):
        lesson_01.exercise_2(answer)


def losses_read_early(net, loss_of, trainer, batches):
    losses = []
    for x, y in batches:
        with autograd.record():
            loss = loss_of(net(x), y)
        losses.append(float(loss.mean().asscalar()))
        loss.backward()
        trainer.step(len(x))
    return losses


def losses_not_learnt_from(net, loss_of, trainer, batches):
    return [float(loss_of(net(x), y).mean().asscalar()) for x, y in batches]


def losses_as_arrays(*setting):
    import numpy as np

    return [np.float32(loss) for loss in log_losses(*setting)]


def last_loss(*setting):
    return log_losses(*setting)[-1]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (losses_read_early, r"asked for at most 4 programs for 4 steps; got \d+ programs"),
        (losses_not_learnt_from, r"asked for \[1\.\d+, "),
        (losses_as_arrays, r"asked for floats; got \['float32'\]"),
        (last_loss, r"asked for a list; got float"),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: {says}"):
        lesson_01.exercise_3(answer)


def test_a_right_answer_is_told_so(capsys):
    lesson_01.exercise_1(first_bad_layer)
    assert capsys.readouterr().out == "Exercise 1: right.\n"
