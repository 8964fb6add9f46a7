import logging

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, ShapeError
from workbench.module.feed_forward import FeedForward
from workbench.symbolic import sym
from workbench.train.initializer import Xavier

OPTIONS = {"learning_rate": 0.1, "momentum": 0.9, "initializer": Xavier(), "numpy_batch_size": 16}


@pytest.fixture
def model(net, examples):
    made = FeedForward(net(norm=True), num_epoch=12, **OPTIONS)
    made.fit(*examples)
    return made


def test_it_learns_from_arrays_and_predicts_them(model, examples, batches):
    x, y = examples
    found = model.predict(x)
    assert isinstance(found, np.ndarray)
    assert (found.argmax(1) == y).mean() > 0.9
    assert model.score(batches()) == pytest.approx((found.argmax(1) == y).mean())
    assert len(model.score(batches(), ["acc", "ce"])) == 2
    outputs, data, labels = model.predict(batches(40), return_data=True)
    np.testing.assert_allclose(outputs, found, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(data, x)
    np.testing.assert_array_equal(labels, y)
    assert model.predict(batches(), num_batch=2).shape == (32, 3)


def test_a_saved_model_goes_on(model, examples, tmp_path):
    model.save(str(tmp_path / "net"))
    other = FeedForward.load(str(tmp_path / "net"), 12, num_epoch=13, **OPTIONS)
    assert other.begin_epoch == 12
    np.testing.assert_allclose(other.predict(examples[0]), model.predict(examples[0]), rtol=1e-5)
    epochs = []
    other.fit(*examples, epoch_end_callback=lambda epoch, *_: epochs.append(epoch))
    assert epochs == [12]


def test_create_fits_and_reports(net, batches, examples, caplog):
    with caplog.at_level(logging.INFO):
        made = FeedForward.create(
            net(), batches(), num_epoch=2, epoch_size=4, eval_data=examples, learning_rate=0.1
        )
    assert made.arg_params.keys() == {"fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"}
    assert "Epoch[1] Validation-accuracy" in caplog.text


def test_an_epoch_may_be_cut(net, batches):
    seen = []
    FeedForward.create(
        net(),
        batches(),
        num_epoch=2,
        epoch_size=4,
        batch_end_callback=lambda p: seen.append((p.epoch, p.nbatch)),
    )
    assert seen == [(epoch, n) for epoch in range(2) for n in range(4)]


def test_values_of_other_networks_are_passed_over_if_asked(model, net, examples):
    extra = {**model.arg_params, "fc9_weight": mx.nd.ones((1,))}
    strict = FeedForward(net(norm=True), arg_params=extra, aux_params=model.aux_params)
    with pytest.raises(ArgumentError, match="no parameter 'fc9_weight'"):
        strict.predict(examples[0])
    lax = FeedForward(net(norm=True), arg_params=extra, aux_params=model.aux_params, allow_extra_params=True)
    np.testing.assert_allclose(lax.predict(examples[0]), model.predict(examples[0]), rtol=1e-5)


def test_wrong_use_is_named(net, examples, tmp_path):
    x, y = examples
    with pytest.raises(ArgumentError, match=r"FeedForward\(\) takes a Symbol, got str"):
        FeedForward("net")
    with pytest.raises(NotSupportedError, match="networks by length are BucketingModule's"):
        FeedForward(lambda key: sym.Variable("x"))
    with pytest.raises(ArgumentError, match="needs num_epoch"):
        FeedForward(net()).fit(x, y)
    fresh = FeedForward(net(), num_epoch=1)
    for call in (lambda: fresh.predict(x), lambda: fresh.save(str(tmp_path / "net"))):
        with pytest.raises(NotInitializedError, match=r"no parameters yet: fit\(\) or load\(\) it first"):
            call()
    with pytest.raises(ArgumentError, match=r"an array X needs y, its labels"):
        fresh.fit(x)
    with pytest.raises(ArgumentError, match="an iterator or an array, got list"):
        fresh.fit([1, 2])
    with pytest.raises(ShapeError, match=r"96 examples need labels of shape \(96,\), got \(3,\)"):
        fresh.fit(x, y[:3])
    with pytest.raises(ArgumentError, match=r"eval_data is an iterator or a pair"):
        fresh.fit(x, y, eval_data=[None, y])


def test_the_names_of_mx_model():
    assert mx.model.FeedForward is FeedForward
    assert mx.model.BatchEndParam is mx.callback.BatchEndParam
    assert mx.model.load_checkpoint
    assert mx.model.save_checkpoint
    with pytest.raises(NotSupportedError, match=r"model has no 'FeedForwar'. Did you mean 'FeedForward'"):
        _ = mx.model.FeedForwar


def test_it_predicts_from_an_iterator_without_labels(model, examples):
    images, _ = examples
    got = model.predict(mx.io.NDArrayIter(images, None, 16))
    np.testing.assert_allclose(got, model.predict(images), rtol=1e-5)
