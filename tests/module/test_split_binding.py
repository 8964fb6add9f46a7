"""Several devices under one module do what one device does."""

import numpy as np
import pytest

from workbench.errors import DeviceError, ShapeError
from workbench.imperative import nd
from workbench.module import Module
from workbench.module.split import shares
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.train import io, metric
from workbench.train.initializer import Xavier

pytestmark = pytest.mark.devices
PAIR = [cpu(0), cpu(1)]


def values(module):
    return {n: a.asnumpy() for arrays in module.get_params() for n, a in arrays.items()}


def assert_same(left, right, **tolerance):
    assert left.keys() == right.keys()
    for name, value in left.items():
        np.testing.assert_allclose(value, right[name], err_msg=name, **tolerance)


@pytest.fixture
def bound(net, batches):
    """A module on these devices, with the same first values every time."""

    def make(context, norm=False, **options):
        data, values = batches(), {}
        rng = np.random.default_rng(5)
        module = Module(net(norm), context=context, work_load_list=options.pop("work_load_list", None))
        module.bind(data.provide_data, data.provide_label, **options)
        module.init_params(Xavier())
        values = {n: nd.array(rng.normal(size=a.shape)) for n, a in module.get_params()[0].items()}
        module.set_params(values, {}, allow_missing=True)
        return module, next(data)

    return make


@pytest.mark.parametrize(
    ("context", "loads"),
    [(PAIR, None), (PAIR, [3, 1]), ([cpu(2), cpu(0), cpu(1)], None)],
    ids=["two", "unequal", "three"],
)
@pytest.mark.parametrize("rule", [("sgd", {"momentum": 0.9}), ("adam", {})], ids=["sgd", "adam"])
def test_training_equals_that_on_one_device(bound, context, loads, rule):
    name, options = rule
    one, batch = bound(cpu(0))
    several, _ = bound(context, work_load_list=loads)
    found = []
    for module in (one, several):
        module.init_optimizer(
            kvstore="device", optimizer=name, optimizer_params={"learning_rate": 0.1, **options}
        )
        for _ in range(4):
            module.forward_backward(batch)
            module.update()
        seen = metric.create("ce")
        module.update_metric(seen, batch.label)
        found.append((module.get_outputs()[0].asnumpy(), seen.get()[1]))
    assert_same(values(several), values(one), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-4, atol=1e-5)
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-4)
    assert several.get_outputs()[0].context is several.get_params()[0]["fc1_bias"].context is context[0]


def test_fit_score_and_predict_take_batches_of_any_size(net, batches):
    module = Module(net(), context=PAIR)
    module.fit(batches(), num_epoch=10, optimizer_params={"learning_rate": 0.5, "momentum": 0.9}, kvstore="local",
               initializer=Xavier())  # fmt: skip
    assert module.score(batches(20), "acc")[0][1] > 0.9
    assert module.predict(batches(20)).shape == (96, 3)
    assert module.data_shapes == [("data", (20, 6))]


def test_each_device_takes_its_part(bound):
    module, batch = bound(PAIR, work_load_list=[1, 3], inputs_need_grad=True)
    one, _ = bound(cpu(0), inputs_need_grad=True)
    for each in (module, one):
        each.forward_backward(batch)
    pieces = module.get_outputs(merge_multi_context=False)
    assert [[(p.shape, p.context) for p in each] for each in pieces] == [
        [((4, 3), cpu(0)), ((12, 3), cpu(1))]
    ]
    grads = module.get_input_grads(merge_multi_context=False)
    assert [[g.shape for g in each] for each in grads] == [[(4, 6), (12, 6)]]
    np.testing.assert_allclose(
        module.get_input_grads()[0].asnumpy(), one.get_input_grads()[0].asnumpy(), rtol=1e-4, atol=1e-6
    )
    assert_same(
        {n: g.asnumpy() for n, g in module.get_grads()[0].items()},
        {n: g.asnumpy() for n, g in one.get_grads()[0].items()},
        rtol=1e-4,
        atol=1e-5,
    )


def test_what_is_written_reaches_every_device(bound):
    module, batch = bound(PAIR)
    params, _ = module.get_params()
    for name in params:
        params[name] = 0
    module.forward(batch, is_train=False)
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), 1 / 3, rtol=1e-6)


def test_gradients_add_up_if_asked(bound):
    module, batch = bound(PAIR, grad_req="add")
    module.forward_backward(batch)
    once = module.get_grads()[0].copy()
    module.forward_backward(batch)
    assert_same(
        {n: g.asnumpy() for n, g in module.get_grads()[0].items()},
        {n: 2 * g.asnumpy() for n, g in once.items()},
        rtol=1e-5,
        atol=1e-6,
    )


def test_moving_averages_are_the_mean_over_the_devices(bound):
    module, batch = bound(PAIR, norm=True)
    halves = [bound(cpu(0), norm=True)[0] for _ in PAIR]
    for step in range(3):
        module.forward(batch, is_train=True)
        for part, half in enumerate(halves):
            rows = slice(8 * part, 8 * part + 8)
            half.forward(io.DataBatch([batch.data[0][rows]], [batch.label[0][rows]]), is_train=True)
        if step == 2:
            module.get_outputs()[0].wait_to_read()
    for name, mean in module.get_params()[1].items():
        parts = [half.get_params()[1][name].asnumpy() for half in halves]
        np.testing.assert_allclose(mean.asnumpy(), np.mean(parts, 0), rtol=1e-4, atol=1e-6)


def test_given_head_gradients_are_shared_out(bound):
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=2, no_bias=True, name="fc")
    module, data = Module(net, context=PAIR), np.arange(24, dtype=np.float32).reshape(4, 6)
    module.bind([("data", (4, 6))])
    module.init_params()
    cotangent = np.arange(8, dtype=np.float32).reshape(4, 2)
    for given in ([nd.array(cotangent)], nd.array(cotangent), {"fc_output": nd.array(cotangent)}):
        module.forward(io.DataBatch([nd.array(data)]))
        module.backward(given)
        np.testing.assert_allclose(module.get_grads()[0]["fc_weight"].asnumpy(), cotangent.T @ data)


def test_states_are_cut_like_data():
    total = sym.broadcast_add(sym.Variable("data"), sym.Variable("state", shape=(4, 3)))
    module = Module(total, label_names=None, state_names=["state"], context=PAIR)
    module.bind([("data", (4, 3))])
    module.init_params()
    module.set_states(states=[nd.array(np.arange(12).reshape(4, 3))])
    module.forward(io.DataBatch([nd.ones((4, 3))]))
    np.testing.assert_array_equal(module.get_outputs()[0].asnumpy(), np.arange(12).reshape(4, 3) + 1)
    parts = module.get_states(merge_multi_context=False)
    assert [[p.shape for p in each] for each in parts] == [[(2, 3), (2, 3)]]
    module.set_states(states=[[p * 2 for p in each] for each in parts])
    np.testing.assert_array_equal(module.get_states()[0].asnumpy(), np.arange(12).reshape(4, 3) * 2)


def test_a_batch_in_parts_is_one_batch(bound):
    module, batch = bound(PAIR)
    module.forward(batch, is_train=True)
    expected = module.get_outputs()[0].asnumpy()
    parts = [
        io.DataBatch([batch.data[0][rows]], [batch.label[0][rows]]) for rows in (slice(0, 8), slice(8, 16))
    ]
    module.forward(parts, is_train=True)
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), expected, rtol=1e-5)
    seen = metric.create("acc")
    module.update_metric(seen, [part.label for part in parts], pre_sliced=True)
    assert seen.num_inst == 16


def test_sharing_needs_the_same_devices(bound, net):
    module, _ = bound(PAIR)
    other = Module(net(), context=PAIR)
    other.bind([("data", (4, 6))], [("softmax_label", (4,))], shared_module=module)
    assert other.get_params()[0]["fc1_weight"] is module.get_params()[0]["fc1_weight"]
    text = r"can't be shared with a module on cpu\(0\), cpu\(1\) by one on cpu\(0\)"
    with pytest.raises(DeviceError, match=text):
        Module(net()).bind([("data", (4, 6))], shared_module=module)


def test_shares():
    assert shares(7, [1, 1]) == [slice(0, 4), slice(4, 7)]
    assert shares(10, [1, 2, 2]) == [slice(0, 2), slice(2, 6), slice(6, 10)]
    with pytest.raises(ShapeError, match="1 examples can't be shared out over 2 devices: one would get none"):
        shares(1, [1, 1])


def test_inputs_must_count_alike(net):
    text = "need one number of examples each, got {'data': 4, 'softmax_label': 3}"
    with pytest.raises(ShapeError):
        Module(net(), context=PAIR).bind([("data", (4, 6))], [("softmax_label", (3,))])
    two = Module(sym.dot(sym.Variable("a"), sym.Variable("b")), ["a", "b"], None, context=PAIR)
    with pytest.raises(ShapeError, match=text.replace("data", "a").replace("softmax_label", "b")):
        two.bind([("a", (4, 3)), ("b", (3, 5))])
