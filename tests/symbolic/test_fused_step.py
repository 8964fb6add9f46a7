"""A step that runs as a whole gives what the same calls give one by one."""

import numpy as np
import pytest

import workbench as mx
from workbench.runtime import trace

BATCH, WIDTH, CLASSES = 6, 5, 3


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    net = mx.sym.BatchNorm(net, name="bn", fix_gamma=False)
    net = mx.sym.Activation(net, act_type="tanh", name="act")
    net = mx.sym.Dropout(net, p=0.3, name="drop")
    net = mx.sym.FullyConnected(net, num_hidden=CLASSES, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def bound(seed=3):
    executor = network().simple_bind(mx.cpu(), data=(BATCH, WIDTH), grad_req=requests())
    draw = np.random.default_rng(seed)
    for value in executor.arg_dict.values():
        value[:] = draw.standard_normal(value.shape)
    for name, value in executor.aux_dict.items():
        value[:] = 1.0 if name.endswith("var") else 0.0
    return executor


def requests():
    return {n: "null" if n in ("data", "softmax_label") else "write" for n in network().list_arguments()}


def asked(executor):
    return {n: g for n, g in executor.grad_dict.items() if g is not None}


def batches(count, seed=5):
    draw = np.random.default_rng(seed)
    for _ in range(count):
        yield draw.standard_normal((BATCH, WIDTH)).astype("float32"), draw.integers(0, CLASSES, BATCH)


def update_at_once(executor, states):
    names = list(asked(executor))
    arrays = [a for n in names for a in (executor.arg_dict[n], executor.grad_dict[n], states[n])]
    weights = [executor.arg_dict[n] for n in names]
    mx.nd.multi_sgd_mom_update(
        *arrays,
        out=weights,
        lrs=(0.1,) * len(names),
        wds=(0.0,) * len(names),
        momentum=0.9,
        num_weights=len(names),
    )


def update_by_hand(executor, states):
    for name, grad in asked(executor).items():
        executor.arg_dict[name] -= 0.1 * grad


def update_after_reading_gradients(executor, states):
    for grad in asked(executor).values():
        assert np.isfinite(grad.asnumpy()).all()
    update_at_once(executor, states)


def update_after_reading_outputs(executor, states):
    assert np.allclose(executor.outputs[0].asnumpy().sum(axis=1), 1, atol=1e-5)
    update_at_once(executor, states)


UPDATES = [update_at_once, update_by_hand, update_after_reading_gradients, update_after_reading_outputs]


def train(update, turns=5, read_between=False):
    mx.random.seed(11)
    executor = bound()
    states = {n: mx.nd.zeros(g.shape) for n, g in asked(executor).items()}
    for data, label in batches(turns):
        executor.forward(is_train=True, data=data, softmax_label=label)
        if read_between:
            executor.outputs[0].asnumpy()
        executor.backward()
        update(executor, states)
    arrays = {**executor.arg_dict, **executor.aux_dict, **executor.output_dict}
    grads = {f"{n}_grad": g for n, g in asked(executor).items()}
    return {n: a.asnumpy() for n, a in {**arrays, **grads}.items()}


@pytest.mark.parametrize("read_between", [False, True])
@pytest.mark.parametrize("update", UPDATES)
def test_a_whole_step_equals_its_operations(update, read_between):
    whole = train(update, read_between=read_between)
    with mx.engine.naive():
        single = train(update, read_between=read_between)
    for name, value in single.items():
        np.testing.assert_allclose(whole[name], value, rtol=2e-5, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("update", [update_at_once, update_by_hand])
def test_a_step_that_reads_nothing_is_one_dispatch(update):
    executor = bound()
    states = {n: mx.nd.zeros(g.shape) for n, g in asked(executor).items()}
    counts = []
    for data, label in batches(6):
        executor.forward(is_train=True, data=mx.nd.array(data), softmax_label=mx.nd.array(label))
        with trace.record() as events:
            executor.backward()
            update(executor, states)
            mx.nd.waitall()
        counts.append(len(events))
    assert counts[-2:] == [1, 1]


def test_gradients_read_later_are_those_of_their_step():
    executor = bound()
    states = {n: mx.nd.zeros(g.shape) for n, g in asked(executor).items()}
    first, label = next(batches(1))
    before = {n: a.asnumpy() for n, a in executor.arg_dict.items()}
    mx.random.seed(1)
    executor.forward(is_train=True, data=first, softmax_label=label)
    executor.backward()
    update_at_once(executor, states)
    mx.nd.waitall()
    late = executor.grad_dict["fc1_weight"].asnumpy()

    for name, value in before.items():
        executor.arg_dict[name][:] = value
    mx.random.seed(1)
    executor.forward(is_train=True, data=first, softmax_label=label)
    executor.backward()
    at_once = executor.grad_dict["fc1_weight"].asnumpy()
    np.testing.assert_allclose(late, at_once, rtol=1e-5, atol=1e-7)


def test_an_interrupt_while_an_update_joins_the_step_leaves_everything_readable(monkeypatch):
    from workbench.symbolic import fused_step

    executor = bound()
    states = {n: mx.nd.zeros(g.shape) for n, g in asked(executor).items()}
    ((data, label),) = batches(1)
    for _ in range(2):
        executor.forward(is_train=True, data=data, softmax_label=label)
        executor.backward()
        update_at_once(executor, states)
    before = executor.arg_dict["fc1_weight"].asnumpy()
    executor.forward(is_train=True, data=data, softmax_label=label)
    executor.backward()

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(fused_step, "Call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        update_at_once(executor, states)
    monkeypatch.undo()
    np.testing.assert_array_equal(executor.arg_dict["fc1_weight"].asnumpy(), before)
    assert np.isfinite(executor.aux_dict["bn_moving_mean"].asnumpy()).all()
    update_at_once(executor, states)
    assert not np.array_equal(executor.arg_dict["fc1_weight"].asnumpy(), before)


def test_an_interrupted_step_is_finished_by_the_next_read(monkeypatch):
    from workbench.runtime.compile import Executable

    executor = bound()
    states = {n: mx.nd.zeros(g.shape) for n, g in asked(executor).items()}
    ((data, label),) = batches(1)
    executor.forward(is_train=True, data=data, softmax_label=label)
    executor.backward()
    update_at_once(executor, states)
    original = Executable.__call__

    def interrupted(self, *args):
        monkeypatch.setattr(Executable, "__call__", original)
        raise KeyboardInterrupt

    monkeypatch.setattr(Executable, "__call__", interrupted)
    before = executor.arg_dict["fc1_weight"]
    with pytest.raises(KeyboardInterrupt):
        mx.nd.waitall()
    assert np.isfinite(before.asnumpy()).all()
    executor.forward(is_train=True, data=data, softmax_label=label)
    executor.backward()
    assert np.isfinite(executor.grad_dict["fc1_weight"].asnumpy()).all()


def test_a_step_that_waits_is_listed_as_its_calls():
    executor = bound()
    ((data, label),) = batches(1)
    executor.forward(is_train=True, data=data, softmax_label=label)
    executor.backward()
    listed = [call.op for call in mx.engine.pending()]
    assert listed == ["softmax", "_full", "_backward_softmax"]
    assert np.isfinite(executor.grad_dict["fc1_weight"].asnumpy()).all()
