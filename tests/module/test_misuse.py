"""What is no module's fault is said in its own words, before anything has changed."""

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.module import BucketingModule, Module
from workbench.train import io


@pytest.fixture
def bound(net, batches):
    def make():
        module = Module(net())
        module.bind(batches().provide_data, batches().provide_label)
        module.init_params()
        module.init_optimizer()
        return module

    return make


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"data_names": 3}, r"Module\(data_names=…\) takes a list of names, got 3"),
        ({"data_names": [3]}, r"Module\(data_names=…\): a name is text, got 3"),
        ({"label_names": 3}, r"Module\(label_names=…\) takes a list of names, got 3"),
        ({"fixed_param_names": 3}, r"Module\(fixed_param_names=…\) takes a list of names, got 3"),
        ({"work_load_list": 3}, "a positive number for each of 1 devices, got 3"),
    ],
)
def test_making_one(net, options, text):
    with pytest.raises(ArgumentError, match=text):
        Module(net(), **options)


@pytest.mark.parametrize(
    ("shapes", "options", "text"),
    [
        (None, {}, r"data_shapes must be a list of \(name, shape\), got None"),
        (3, {}, r"data_shapes must be a list of \(name, shape\), got 3"),
        ([("data", None)], {}, "data_shapes must be a list"),
        ([("data", "ab")], {}, "data_shapes must be a list"),
        ([("data", (-1, 6))], {}, "data_shapes must be a list"),
        ([("data", (4, 6))], {"label_shapes": 3}, r"label_shapes must be a list of \(name, shape\), got 3"),
        ([("data", (4, 6))], {"grad_req": 3}, r"bind\(grad_req=…\) is 'write', .*, got 3"),
        ([("data", (4, 6))], {"for_training": False, "inputs_need_grad": True}, "needs for_training=True"),
    ],
)
def test_binding(net, shapes, options, text):
    module = Module(net())
    with pytest.raises(ArgumentError, match=text):
        module.bind(shapes, **options)
    assert not module.binded


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"num_epoch": "3"}, r"fit\(num_epoch=…\) is a whole number, got '3'"),
        ({"begin_epoch": None}, r"fit\(begin_epoch=…\) is a whole number, got None"),
        ({"batch_end_callback": 3}, "a callback is a function or a list of them, got 3"),
        ({"eval_end_callback": [3]}, r"a callback is a function or a list of them, got \[3\]"),
        ({"optimizer_params": 3}, "optimizer_params are arguments by name, got 3"),
        ({"initializer": 3}, r"takes an initializer such as init\.Xavier\(\), got int"),
        ({"arg_params": [1]}, "arg_params must map names to arrays, got list"),
        ({"eval_data": 3}, r"must be an iterator such as io\.NDArrayIter, got int"),
    ],
)
def test_fitting(net, batches, options, text):
    with pytest.raises(ArgumentError, match=text):
        Module(net()).fit(batches(), **{"num_epoch": 1, **options})


def test_scoring_and_predicting(bound, batches):
    module = bound()
    with pytest.raises(ArgumentError, match=r"an iterator such as io\.NDArrayIter, got NoneType"):
        module.score(None, "acc")
    with pytest.raises(ArgumentError, match="num_batch is a number of batches, got 'x'"):
        module.score(batches(), "acc", num_batch="x")
    with pytest.raises(ArgumentError, match=r"got list; reset=False takes any iterable"):
        module.predict([1, 2])


def test_steps(bound, batches):
    module, batch = bound(), next(batches())
    module.forward(batch)
    for metric in (None, "acc"):
        with pytest.raises(ArgumentError, match=r"takes a metric such as metric\.create\('acc'\), got"):
            module.update_metric(metric, batch.label)
    with pytest.raises(ArgumentError, match=r"borrow_optimizer\(\) takes a Module, got NoneType"):
        module.borrow_optimizer(None)
    with pytest.raises(ArgumentError, match="a checkpoint's epoch is a whole number, got 'a'"):
        module.save_checkpoint("net", "a")
    for wrong, text in (
        ([], "must hold io.DataBatch objects, at least one"),
        ([batch, io.DataBatch([], batch.label)], r"as many data arrays each, got \[1, 0\]"),
    ):
        with pytest.raises(ArgumentError, match=text):
            module.forward(wrong)


def test_bucket_keys(net):
    module = BucketingModule(lambda key: (net(), ("data",), ("softmax_label",)), 5)
    module.bind([("data", (4, 6))], [("softmax_label", (4,))])
    module.init_params()
    with pytest.raises(ArgumentError, match=r"a bucket_key must be hashable, such as a length, got \[1\]"):
        module.forward(io.DataBatch([nd.ones((4, 6))], [nd.ones((4,))], bucket_key=[1]))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: io.ResizeIter(None, 3), r"ResizeIter\(\) takes an iterator, got NoneType"),
        (lambda: io.NDArrayIter(np.ones((4, 2)), layout=3), "layout must be text, got 3"),
        (lambda: io.DataDesc("a", 3), r"DataDesc\('a'\): a shape is a tuple of integers, got 3"),
        (lambda: io.CSVIter("none.csv", 4), "data_shape must be a sequence of whole numbers, got 4"),
    ],
)
def test_data(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_a_parameter_whose_name_is_misspelled(bound):
    module = bound()
    arg_params, aux_params = module.get_params()
    name = next(iter(arg_params))
    wrong = {"z" + n if n == name else n: value * 0 for n, value in arg_params.items()}
    text = (
        rf"no value is given for '{name}'; .* One is given for 'z{name}', which is no parameter. Did you mean"
    )
    with pytest.raises(ArgumentError, match=text):
        module.set_params(wrong, aux_params)
    with pytest.raises(ArgumentError, match=text):
        module.init_params(arg_params=wrong, aux_params=aux_params, initializer=None, force_init=True)
    for before, after in zip(arg_params.values(), module.get_params()[0].values(), strict=True):
        np.testing.assert_array_equal(before.asnumpy(), after.asnumpy())


def test_arguments_that_are_misspelled(net, bound, batches):
    with pytest.raises(
        ArgumentError, match=r"fit\(\): .*unexpected.*'num_epochs'.*Did you mean 'num_epoch'\?"
    ):
        Module(net()).fit(batches(), num_epochs=1)
    module = bound()
    for wrong, right in (
        ("lr", "learning_rate"),
        ("learningrate", "learning_rate"),
        ("momentun", "momentum"),
    ):
        with pytest.raises(ArgumentError, match=f"no argument '{wrong}'.*Did you mean '{right}'"):
            module.init_optimizer(optimizer_params={wrong: 0.1}, force_init=True)
