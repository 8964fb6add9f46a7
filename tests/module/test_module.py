import json
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.errors import (
    ArgumentError,
    AutogradError,
    NotInitializedError,
    NotSupportedError,
    NotWrittenError,
    ShapeError,
    SymbolFileError,
)
from workbench.imperative import nd
from workbench.module import Module
from workbench.runtime import trace
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.train import io, metric, optimizer
from workbench.train.initializer import One, Xavier


def values(module):
    return {n: a.asnumpy() for arrays in module.get_params() for n, a in arrays.items()}


def assert_same(left, right, **tolerance):
    assert left.keys() == right.keys()
    for name, value in left.items():
        np.testing.assert_allclose(value, right[name], err_msg=name, **(tolerance or {"rtol": 0}))


@pytest.fixture
def ready(net, batches):
    """A module that is bound, initialised and has an optimizer, and a batch for it."""

    def make(net=net, optimizer="sgd", norm=False, **options):
        data = batches()
        module = Module(net(norm) if callable(net) else net)
        module.bind(data.provide_data, data.provide_label)
        module.init_params(Xavier())
        module.init_optimizer(optimizer=optimizer, **options)
        return module, next(data)

    return make


# -- steps ---------------------------------------------------------------------------------------


def test_names_and_shapes(ready):
    module, batch = ready()
    assert (module.data_names, module.label_names, module.output_names) == (
        ["data"],
        ["softmax_label"],
        ["softmax_output"],
    )
    assert module.data_shapes == [("data", (16, 6))]
    assert module.label_shapes == [("softmax_label", (16,))]
    assert module.output_shapes == [("softmax_output", (16, 3))]
    module.forward(batch)
    assert [out.shape for out in module.get_outputs()] == [(16, 3)]
    assert [[out.shape for out in outs] for outs in module.get_outputs(False)] == [[(16, 3)]]


def test_a_step_is_rescaled_gradient_descent(ready):
    module, batch = ready(optimizer_params={"learning_rate": 0.3})
    before = values(module)
    module.forward_backward(batch)
    grads = {n: g.asnumpy() for n, g in module.get_grads()[0].items()}
    module.update()
    assert_same(values(module), {n: v - 0.3 * grads[n] / 16 for n, v in before.items()}, rtol=1e-5, atol=1e-7)


def test_rescaling_can_be_chosen(ready):
    module, batch = ready(optimizer_params={"learning_rate": 0.01, "rescale_grad": 1.0})
    before = values(module)
    module.forward_backward(batch)
    grads = {n: g.asnumpy() for n, g in module.get_grads()[0].items()}
    module.update()
    assert_same(values(module), {n: v - 0.01 * grads[n] for n, v in before.items()}, rtol=1e-5, atol=1e-7)


def test_a_made_optimizer_is_asked_about_its_scale(ready, net, batches):
    with pytest.warns(UserWarning, match=r"rescale_grad is 1\.0, not 1 / batch size \(0\.0625\)"):
        ready(optimizer=optimizer.SGD())
    module, batch = ready(optimizer=optimizer.SGD(rescale_grad=1 / 16))
    module.forward_backward(batch)
    module.update()
    with pytest.raises(ArgumentError, match="this Adam is made already; it takes no optimizer_params"):
        ready(optimizer=optimizer.Adam(), optimizer_params={"learning_rate": 0.1})


def test_multipliers_of_variables_count(batches):
    weight = sym.Variable("fc_weight", lr_mult=0.0)
    scores = sym.FullyConnected(sym.Variable("data"), weight=weight, num_hidden=3, name="fc")
    module = Module(sym.SoftmaxOutput(scores, name="softmax"))
    module.fit(batches(), num_epoch=1, initializer=One())
    after = values(module)
    np.testing.assert_array_equal(after["fc_weight"], 1)
    assert after["fc_bias"].any()


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_a_step_is_one_program(ready, rule):
    module, batch = ready(optimizer=rule, norm=True)

    def step():
        module.forward_backward(batch)
        module.update()
        nd.waitall()

    for _ in range(4):
        step()
    with trace.record() as events:
        step()
    assert len(events) == 1


def test_gradients_add_up_if_asked(net, batches):
    module, batch = Module(net()), next(batches())
    module.bind(batches().provide_data, batches().provide_label, grad_req="add")
    module.init_params(Xavier())
    grads, _ = module.get_grads()  # nothing is in them yet
    module.forward_backward(batch)
    once = grads.copy()
    module.forward_backward(batch)
    np.testing.assert_allclose(
        grads["fc1_weight"].asnumpy(), 2 * once["fc1_weight"].asnumpy(), rtol=1e-5, atol=1e-6
    )


def test_input_gradients(net, batches):
    module, batch = Module(net()), next(batches())
    module.bind(batches().provide_data, batches().provide_label, inputs_need_grad=True)
    module.init_params(Xavier())
    with pytest.raises(NotWrittenError, match=r"get_input_grads\(\) needs backward\(\) first"):
        module.get_input_grads()
    module.forward_backward(batch)
    (grad,) = module.get_input_grads()
    assert grad.shape == (16, 6)
    assert grad.asnumpy().any()
    assert "data" not in module.get_grads()[0]
    assert module.get_input_grads(False)[0][0] is grad


def test_given_head_gradients(batches):
    module = Module(sym.FullyConnected(sym.Variable("data"), num_hidden=2, no_bias=True, name="fc"))
    batch = next(batches())
    module.bind([("data", (16, 6))])
    module.init_params()
    module.forward(batch)
    module.backward([nd.ones((16, 2)) * 3])
    expected = 3 * np.ones((2, 16)) @ batch.data[0].asnumpy()
    np.testing.assert_allclose(module.get_grads()[0]["fc_weight"].asnumpy(), expected, rtol=1e-4, atol=1e-5)


def test_states_are_inputs_of_their_own():
    state = sym.Variable("state", shape=(4, 3))
    total = sym.broadcast_add(sym.Variable("data"), state)
    module = Module(total, label_names=None, state_names=["state"])
    module.bind([("data", (4, 3))])
    module.init_params()
    assert not module.get_params()[0]
    module.set_states(value=2)
    module.forward(io.DataBatch([nd.ones((4, 3))]))
    assert (module.get_outputs()[0].asnumpy() == 3).all()
    module.set_states(states=module.get_outputs())
    assert (module.get_states()[0].asnumpy() == 3).all()
    with pytest.raises(ArgumentError, match="takes either states or value"):
        module.set_states()
    with pytest.raises(ArgumentError, match=r"needs 1 arrays \(state\), got 2"):
        module.set_states(states=[1, 2])


def test_steps_out_of_order_are_named(net, batches):
    module, batch = Module(net()), next(batches())
    with pytest.raises(NotInitializedError, match=r"init_params\(\) needs bind\(\) first"):
        module.init_params()
    with pytest.raises(AutogradError, match=r"backward\(\) needs forward\(\) before it"):
        module.backward()
    with pytest.raises(NotWrittenError, match=r"get_outputs\(\) needs forward\(\) first"):
        module.get_outputs()
    with pytest.raises(
        NotInitializedError, match=r"forward\(is_train=False\) needs bind\(\) and init_params"
    ):
        module.forward(batch, is_train=False)
    module.bind(batches().provide_data, batches().provide_label)
    for what, call in (
        ("forward()", lambda: module.forward(batch)),
        ("get_params()", module.get_params),
        ("init_optimizer()", module.init_optimizer),
        ("save_optimizer_states()", lambda: module.save_optimizer_states("x")),
    ):
        with pytest.raises(NotInitializedError) as raised:
            call()
        assert f"{what} needs init_params() first" in str(raised.value)
    module.init_params()
    with pytest.raises(NotInitializedError, match=r"update\(\) needs init_optimizer\(\) first"):
        module.update()
    module.init_optimizer()
    with pytest.raises(NotWrittenError, match=r"update\(\) needs backward\(\) first"):
        module.update()
    with pytest.raises(NotInitializedError, match=r"needs bind\(inputs_need_grad=True\)"):
        module.get_input_grads()


def test_what_was_bound_to_predict_does_not_train(net, batches):
    module = Module(net())
    module.bind(batches().provide_data, for_training=False)
    module.init_params()
    module.forward(io.DataBatch(next(batches()).data))
    for what, call in (("backward()", module.backward), ("get_grads()", module.get_grads)):
        with pytest.raises(NotInitializedError) as raised:
            call()
        text = f"{what}: the module was bound with for_training=False (called at test_module.py:"
        assert str(raised.value).startswith(text)


# -- batches -------------------------------------------------------------------------------------


def test_the_first_forward_takes_names_from_an_undescribed_batch(net, examples):
    module = Module(net())
    module.forward(io.DataBatch([examples[0]], [examples[1]]))
    assert module.data_shapes == [("data", (96, 6))]
    assert module.get_outputs()[0].dtype is np.float32


def test_several_inputs_go_by_name(batches):
    total = 10 * sym.Variable("a") + sym.Variable("b")
    module = Module(total, data_names=["a", "b"], label_names=None)
    data = io.NDArrayIter({"b": np.ones((2, 1)), "a": np.zeros((2, 1))}, batch_size=2)
    module.forward(next(data))
    assert module.get_outputs()[0].asnumpy().tolist() == [[1], [1]]
    module.forward(io.DataBatch([np.ones((2, 1)), np.zeros((2, 1))]))  # in the order it was bound by
    assert [d.name for d in module.data_shapes] == list("ab")
    assert module.get_outputs()[0].asnumpy().tolist() == [[10], [10]]


def test_a_batch_of_another_size_shares_parameters(ready, examples):
    module, batch = ready(optimizer_params={"learning_rate": 0.1})
    module.forward_backward(batch)
    short = io.DataBatch([nd.array(examples[0][:5])], [nd.array(examples[1][:5])])
    module.forward(short)
    assert module.get_outputs()[0].shape == (5, 3)
    assert module.data_shapes == [("data", (5, 6))]
    before = values(module)
    module.backward()
    grads = {n: g.asnumpy() for n, g in module.get_grads()[0].items()}
    module.update()
    assert_same(values(module), {n: v - 0.1 * grads[n] / 16 for n, v in before.items()}, rtol=1e-5, atol=1e-7)
    module.forward(batch)
    assert module.get_outputs()[0].shape == (16, 3)
    module.reshape([("data", (7, 6))], [("softmax_label", (7,))])
    assert module.output_shapes == [("softmax_output", (7, 3))]


def test_many_sizes_in_turn(ready, examples):
    module, _ = ready()
    expected = module.predict(examples[0]).asnumpy()
    for size in [*range(1, 13), 1]:
        found = module.predict(nd.array(examples[0][:size])).asnumpy()
        np.testing.assert_allclose(found, expected[:size], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("batch", "error", "text"),
    [
        ("a batch", ArgumentError, r"a list \.data \(io\.DataBatch\), got str"),
        (io.DataBatch([]), ArgumentError, "the batch has no data; needed: data"),
        (io.DataBatch([np.ones((4, 6))]), ArgumentError, "lacks the label softmax_label; training needs it"),
        (
            io.DataBatch([np.ones((4, 6))] * 2, [np.ones(4)]),
            ArgumentError,
            "has 2 data arrays, needed are 1: 'data'",
        ),
        (io.DataBatch([[1]], [np.ones(4)]), ArgumentError, "the batch's 'data' must be an array, got list"),
        (
            io.DataBatch([np.ones((4, 6))], [np.ones(3)]),
            ShapeError,
            r"label must have shape \(4,\), got \(3,\)",
        ),
        (
            io.DataBatch([np.ones((4, 6))], [np.ones(4)], provide_data=[("dat", (4, 6))]),
            ArgumentError,
            "provide_data has 'dat'; the module's names are 'data'. Did you mean 'data'",
        ),
        (
            io.DataBatch([np.ones((4, 9))], [np.ones(4)]),
            ShapeError,
            r"data \(4, 9\), softmax_label \(4,\) would need 'fc1_weight' of shape \(8, 9\); it has \(8, 6\)",
        ),
    ],
    ids=lambda value: "" if isinstance(value, io.DataBatch) else None,
)
def test_a_batch_that_does_not_fit_changes_nothing(ready, batch, error, text):
    module, good = ready()
    module.forward(good)
    before, output = values(module), module.get_outputs()[0].asnumpy()
    with pytest.raises(error, match=text):
        module.forward(batch)
    assert module.data_shapes == [("data", (16, 6))]
    assert_same(values(module), before)
    module.forward(good)
    np.testing.assert_array_equal(module.get_outputs()[0].asnumpy(), output)


def test_a_first_batch_that_does_not_fit_leaves_the_module_fresh(net, batches):
    module = Module(net())
    with pytest.raises(ShapeError, match="label must have shape"):
        module.forward(io.DataBatch([np.ones((4, 6))], [np.ones(3)]))
    odd = Module(sym.broadcast_mul(sym.Variable("data"), sym.Variable("odd", shape=(1, 6))))
    with pytest.raises(ArgumentError, match="no initial value is known for 'odd'"):
        odd.forward(io.DataBatch([np.ones((4, 6))]))
    for each in (module, odd):
        assert (each.binded, each.params_initialized) == (False, False)
    module.forward(next(batches()))


def test_a_label_that_an_output_is_computed_from_is_needed_to_predict():
    error = sym.square(sym.Variable("data") - sym.Variable("softmax_label"))
    module = Module(sym.MakeLoss(error))
    module.bind([("data", (2, 1))], [("softmax_label", (2, 1))])
    module.init_params()
    with pytest.raises(ArgumentError, match="lacks the label softmax_label; an output is computed from it"):
        module.predict(np.ones((2, 1)))


# -- parameters ----------------------------------------------------------------------------------


def test_parameters_by_name_or_by_initializer(net, batches):
    module = Module(net())
    module.bind(batches().provide_data, batches().provide_label)
    with pytest.raises(ArgumentError, match="no value is given for 'fc1_bias', 'fc2_weight', 'fc2_bias'"):
        module.init_params(arg_params={"fc1_weight": nd.ones((8, 6))})
    assert not module.params_initialized
    module.init_params(One(), arg_params={"fc1_weight": nd.ones((8, 6)) * 2}, allow_missing=True)
    assert (values(module)["fc1_weight"] == 2).all()
    assert (values(module)["fc2_weight"] == 1).all()
    with pytest.warns(UserWarning, match="initialised already, so this is ignored; give force_init=True"):
        module.init_params()
    module.init_params(One(), force_init=True)
    assert (values(module)["fc1_weight"] == 1).all()


def test_parameters_do_not_count_as_initialised_without_values(net, batches):
    module = Module(net())
    module.bind(batches().provide_data, batches().provide_label)
    with pytest.raises(ArgumentError, match="'fc2_weight' has no value yet, none is given"):
        module.set_params({"fc1_weight": nd.ones((8, 6)), "fc1_bias": nd.ones((8,))}, allow_missing=True)
    assert not module.params_initialized


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"fc2_bias": np.ones(4)}, ShapeError, r"'fc2_bias' has shape \(3,\), the value given \(4,\)"),
        ({"fc2_bias": [1, 2, 3]}, ArgumentError, "'fc2_bias' must be an NDArray, got list"),
        (
            {"fc2_bia": np.ones(3)},
            ArgumentError,
            "no parameter 'fc2_bia'; allow_extra=True .*Did you mean 'fc2_bias'",
        ),
    ],
)
def test_one_wrong_value_sets_none(ready, wrong, error, text):
    module, _ = ready()
    before = values(module)
    wrong = {n: nd.array(v) if isinstance(v, np.ndarray) else v for n, v in wrong.items()}
    with pytest.raises(error, match=text):
        module.set_params({"fc1_weight": nd.zeros((8, 6)), **wrong}, {}, allow_missing=True)
    assert_same(values(module), before)


def test_extra_values_can_be_passed_over(ready):
    module, _ = ready()
    module.set_params({**module.get_params()[0], "more": nd.ones((1,))}, allow_extra=True)


def test_parameters_survive_binding_anew(ready):
    module, batch = ready(norm=True)
    before = values(module)
    with pytest.warns(UserWarning, match="bound already, so this is ignored; give force_rebind=True"):
        module.bind([("data", (2, 6))])
    module.bind([("data", (2, 6))], for_training=False, force_rebind=True)
    assert_same(values(module), before)
    assert (module.for_training, module.data_shapes) == (False, [("data", (2, 6))])
    with pytest.raises(ShapeError, match="would need 'fc1_weight' of shape"):
        module.bind([("data", (2, 5))], force_rebind=True)
    assert module.data_shapes == [("data", (2, 6))]
    module.bind(batches_of(batch), [("softmax_label", (16,))], force_rebind=True)
    module.forward_backward(batch)
    module.update()


def batches_of(batch):
    return [("data", batch.data[0].shape)]


def test_a_shared_module_trains_the_same_parameters(ready, net, examples):
    module, _ = ready()
    short = Module(net())
    short.bind([("data", (4, 6))], [("softmax_label", (4,))], shared_module=module)
    short.borrow_optimizer(module)
    short.forward_backward(io.DataBatch([examples[0][:4]], [examples[1][:4]]))
    short.update()
    assert_same(values(short), values(module))
    assert short.get_params()[0]["fc1_weight"] is module.get_params()[0]["fc1_weight"]
    with pytest.raises(ArgumentError, match="the module to share with has no 'bn_gamma', 'bn_beta'"):
        Module(net(norm=True)).bind([("data", (4, 6))], shared_module=module)
    with pytest.raises(NotInitializedError, match="the other module needs bind"):
        Module(net()).bind([("data", (4, 6))], shared_module=Module(net()))
    with pytest.raises(NotSupportedError, match="takes a Module, got str"):
        Module(net()).bind([("data", (4, 6))], shared_module="module")
    with pytest.raises(NotInitializedError, match=r"the other module needs init_optimizer\(\) first"):
        module.borrow_optimizer(Module(net()))


# -- making one ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"data_names": ["datum"]}, ArgumentError, "the symbol has no argument 'datum'; it has data, fc1"),
        ({"data_names": ["dat"]}, ArgumentError, "no argument 'dat'; .* Did you mean 'data'"),
        ({"data_names": "data"}, ArgumentError, "takes a list of names, got the text 'data'"),
        ({"label_names": ["softmaxlabel"]}, ArgumentError, "'softmaxlabel'; .* Did you mean 'softmax_label'"),
        ({"fixed_param_names": ["fc3_weight"]}, ArgumentError, "fixed_param_names.*no argument 'fc3_weight'"),
        ({"state_names": ["s"]}, ArgumentError, "state_names.*no argument 's'"),
        ({"context": "cpu"}, ArgumentError, r"takes a Context such as cpu\(\), or a list of them: 'cpu'"),
        ({"context": [cpu(), cpu()]}, ArgumentError, r"each device at most once, got cpu\(0\), cpu\(0\)"),
        ({"work_load_list": [1, 2]}, ArgumentError, r"a positive number for each of 1 devices, got \[1, 2\]"),
        ({"group2ctxs": 3}, ArgumentError, r"Module\(group2ctxs=…\) is a dict of devices by group, got 3"),
        ({"group2ctxs": [{"a": "cpu"}]}, ArgumentError, r"'a' needs a Context such as cpu\(1\), got 'cpu'"),
        ({"group2ctxs": {}, "context": [cpu(), cpu(1)]}, NotSupportedError, "2 contexts share out batches"),
        ({"compression_params": {}}, ArgumentError, "compression_params: the type is '2bit', got None"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(net, options, error, text):
    with pytest.raises(error, match=text):
        Module(net(), **options)


def test_a_module_is_made_of_a_symbol():
    with pytest.raises(ArgumentError, match=r"Module\(\) takes a Symbol, got str"):
        Module("net")


def test_a_label_of_another_name_is_not_taken_for_a_parameter():
    out = sym.LinearRegressionOutput(sym.Variable("data"), name="out")
    with pytest.raises(ArgumentError, match="no argument 'softmax_label'; it has data, out_label"):
        Module(out)
    assert Module(out, label_names=["out_label"]).label_names == ["out_label"]


def test_a_symbol_without_labels_ignores_those_of_batches(net, batches):
    features = net().get_internals()["fc1_output"]
    module = Module(features)
    assert module.label_names == []
    module.bind(batches().provide_data, batches().provide_label, for_training=False)
    module.init_params()
    assert module.predict(batches()).shape == (96, 8)


@pytest.mark.devices
def test_a_module_on_another_device(net, batches):
    module = Module(net(), context=[cpu(1)])
    module.fit(batches(), num_epoch=1)
    assert module.get_outputs()[0].context is cpu(1)
    assert module.get_params()[0]["fc1_weight"].context is cpu(1)


@pytest.mark.parametrize(
    ("shapes", "text"),
    [
        (
            ([("dat", (4, 6))], None),
            "data_shapes has 'dat'; the module's names are 'data'. Did you mean 'data'",
        ),
        (([], None), "data_shapes has none; the module needs 'data', each once"),
        (("data", None), r"data_shapes must be a list of \(name, shape\), got 'data'"),
        (
            ([("data", (4, 6))], [("softmaxlabel", (4,))]),
            "label_shapes has 'softmaxlabel'; .* Did you mean 'softmax_label'",
        ),
    ],
)
def test_wrong_shapes_are_not_bound(net, shapes, text):
    module = Module(net())
    with pytest.raises(ArgumentError, match=text):
        module.bind(*shapes)
    assert not module.binded


def test_an_input_nobody_named_is_pointed_out():
    module = Module(sym.Variable("data") + sym.Variable("other"), label_names=None)
    module.bind([("data", (2, 2))])  # elementwise: the other shape follows
    product = sym.dot(sym.Variable("data"), sym.Variable("other"))
    with pytest.raises(
        ArgumentError, match=r"the shape of 'other' does not follow from data \(2, 2\); .*data_names"
    ):
        Module(product, label_names=None).bind([("data", (2, 2))])


def test_gradient_requests_by_name(net):
    def module(grad_req):
        made = Module(net(), fixed_param_names=["fc1_bias"])
        made.bind([("data", (4, 6))], [("softmax_label", (4,))], grad_req=grad_req)
        return made

    assert module({"fc2_bias": "null"})._binding.grads.keys() == {"fc1_weight", "fc2_weight"}
    reqs = ["null", "write", "null", "null", "null", "null"]
    assert module(reqs)._binding.grads.keys() == {"fc1_weight"}
    with pytest.raises(ArgumentError, match="no argument 'fc9_bias'"):
        module({"fc9_bias": "null"})
    with pytest.raises(ArgumentError, match=r"needs an entry for each of data, .*; got 1"):
        module(["write"])
    with pytest.raises(ArgumentError, match="'write', 'add' or 'null', got 'wite'"):
        module("wite")


# -- optimizer and files -------------------------------------------------------------------------


def test_optimizer_options_are_checked(ready):
    module, _ = ready()
    with pytest.warns(UserWarning, match=r"init_optimizer\(\): initialised already"):
        module.init_optimizer(optimizer="adam")
    module.init_optimizer(optimizer="adam", force_init=True)
    with pytest.raises(NotInitializedError, match="kvstore 'dist_sync' needs a group of processes"):
        module.init_optimizer(kvstore="dist_sync", force_init=True)
    with pytest.raises(ArgumentError, match="no kvstore 'locl'"):
        module.init_optimizer(kvstore="locl", force_init=True)
    with pytest.raises(ArgumentError, match="no optimizer 'sdg'"):
        module.init_optimizer(optimizer="sdg", force_init=True)
    with pytest.raises(ArgumentError, match=r"takes a monitor\.Monitor, got object"):
        module.install_monitor(object())


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_training_goes_on_from_a_checkpoint_as_if_never_stopped(ready, batches, tmp_path, rule):
    options = {"learning_rate": 0.05, **({"momentum": 0.9} if rule == "sgd" else {})}
    module, batch = ready(optimizer=rule, optimizer_params=options, norm=True)
    for _ in range(3):
        module.forward_backward(batch)
        module.update()
    prefix = str(tmp_path / "net")
    module.save_checkpoint(prefix, 1, save_optimizer_states=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "net-0001.params",
        "net-0001.states",
        "net-symbol.json",
    ]
    assert json.loads((tmp_path / "net-symbol.json").read_text())

    other = Module.load(prefix, 1, load_optimizer_states=True)
    other.bind(batches().provide_data, batches().provide_label)
    other.init_optimizer(optimizer=rule, optimizer_params=options)
    assert_same(values(other), values(module))
    for each in (module, other):
        each.forward_backward(batch)
        each.update()
    assert_same(values(other), values(module), rtol=1e-6, atol=1e-7)


def test_a_loaded_module_needs_only_a_batch(ready, tmp_path):
    module, batch = ready()
    module.forward(batch, is_train=False)
    module.save_checkpoint(str(tmp_path / "net"), 2)
    other = Module.load(str(tmp_path / "net"), 2, data_names=["data"])
    other.forward(batch, is_train=False)
    np.testing.assert_array_equal(other.get_outputs()[0].asnumpy(), module.get_outputs()[0].asnumpy())


def test_saved_states_keep_the_rates_in_force(ready, tmp_path):
    module, batch = ready(optimizer="adam", optimizer_params={"learning_rate": 0.1})
    module.forward_backward(batch)
    module.update()
    file = tmp_path / "states"
    module.save_optimizer_states(str(file))
    other, _ = ready(optimizer="adam", optimizer_params={"learning_rate": 0.001})
    other.load_optimizer_states(str(file))
    assert other._rule.optimizer.lr == 0.001
    assert other._rule.optimizer.num_update == 1
    file.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(SymbolFileError, match="are not optimizer states"):
        other.load_optimizer_states(str(file))


def test_a_metric_gets_as_many_labels_as_there_are(ready):
    module, batch = ready()
    module.forward(batch)
    accuracy = metric.create("acc")
    module.update_metric(accuracy, [batch.label], pre_sliced=True)
    assert accuracy.num_inst == 16
    with pytest.raises(ArgumentError, match=r"update_metric\(\) needs the label softmax_label; got 0 arrays"):
        module.update_metric(accuracy, None)
    with pytest.raises(ArgumentError, match=r"needs the labels of 1 devices, got 2"):
        module.update_metric(accuracy, [batch.label] * 2, pre_sliced=True)


def test_nothing_warns_in_ordinary_training(net, batches):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Module(net()).fit(batches(), eval_data=batches(), num_epoch=1, kvstore=None)


def test_a_batch_without_labels_needs_no_list_of_them():
    data = sym.Variable("data")
    module = Module(data * 2, label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    module.init_params()
    module.forward(SimpleNamespace(data=[nd.ones((2, 3))]))
    assert (module.get_outputs()[0].asnumpy() == 2).all()


@pytest.mark.parametrize("names", [None, []])
def test_a_network_predicts_without_the_label_of_its_loss(names):
    loss = sym.SoftmaxOutput(sym.FullyConnected(sym.var("data"), num_hidden=2, name="fc"), name="softmax")
    given = {"fc_weight": nd.array([[0.0, 1, 2], [3, 4, 5]]), "fc_bias": nd.zeros(2)}
    module = Module(loss, label_names=names)
    module.bind(data_shapes=[("data", (1, 3))], label_shapes=module._label_shapes, for_training=False)
    with pytest.raises(ArgumentError, match="no value is given for 'softmax_label'"):
        module.set_params(given, {})
    module.set_params(given, {}, allow_missing=True)
    module.forward(SimpleNamespace(data=[nd.ones((1, 3)) / 10]))
    want = np.exp([0.3, 1.2]) / np.exp([0.3, 1.2]).sum()
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), [want], rtol=1e-5)


def test_a_weight_that_is_missing_is_not_taken_for_a_label():
    module = Module(sym.FullyConnected(sym.var("data"), num_hidden=2, name="fc"), label_names=None)
    module.bind(data_shapes=[("data", (1, 3))], for_training=False)
    with pytest.raises(ArgumentError, match="'fc_bias' has no value yet"):
        module.set_params({"fc_weight": nd.zeros((2, 3))}, {}, allow_missing=True)


def test_label_shapes_go_on_to_another_module(ready):
    module, _ = ready()
    assert [d.name for d in module._label_shapes] == module.label_names


def test_gradients_in_the_exec_group_are_those_of_the_update(ready):
    module, batch = ready()
    with pytest.raises(NotInitializedError, match=r"_exec_group needs bind\(\) first"):
        _ = Module(module.symbol)._exec_group
    module.init_optimizer(optimizer_params={"learning_rate": 0.5, "rescale_grad": 1.0}, force_init=True)
    module.forward_backward(batch)
    group = module._exec_group
    assert group.param_names == [
        n for n in module.symbol.list_arguments() if n not in ("data", "softmax_label")
    ]
    before = [arrays[0].copy() for arrays in group.param_arrays]
    for grads in group.grad_arrays:
        grads[0][:] = 2
    module.update()
    for old, [new] in zip(before, group.param_arrays, strict=True):
        np.testing.assert_allclose(new.asnumpy(), old.asnumpy() - 1, rtol=1e-5)
    assert group.execs[0].outputs[0] is module.get_outputs()[0]
