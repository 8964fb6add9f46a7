"""Groups of devices: the same numbers as on one, each array where its group is, and what each misuse says."""

import random

import numpy as np
import pytest

import workbench as mx
from workbench import nd, sym
from workbench.errors import ArgumentError, AutogradError, DeviceError, NotSupportedError, ShapeError
from workbench.parallel import mesh

pytestmark = pytest.mark.devices

GROUPS = {"a": mx.cpu(1), "b": mx.cpu(2)}
SHAPE = (4, 3)


def group(name):
    return mx.AttrScope(ctx_group=name)


def two_layers():
    """A layer in either group, a state in the first, a loss in none."""
    with group("a"):
        hidden = sym.FullyConnected(sym.var("data"), num_hidden=5, name="one")
        hidden = sym.Activation(sym.BatchNorm(hidden, name="bn", fix_gamma=False), act_type="tanh")
    with group("b"):
        last = sym.FullyConnected(sym.Dropout(hidden, p=0.4), num_hidden=3, name="two")
    return sym.SoftmaxOutput(last, name="softmax")


def random_network(seed):
    """Layers that read any before them, each in a group or in none; weights and states shared at times."""
    draw = random.Random(seed)
    with group("b"):
        shared = sym.var("shared")
    values = [sym.var("data")]
    for number in range(6):
        with group(draw.choice("abc")) if draw.random() < 0.8 else mx.AttrScope():
            kind, source = (
                draw.choice(["dense", "dense", "tied", "norm", "drop", "sum"]),
                draw.choice(values[-3:]),
            )
            name = f"{kind}{number}"
            if kind in ("dense", "tied"):
                weight = {"weight": shared} if kind == "tied" else {}
                made = sym.FullyConnected(source, num_hidden=3, no_bias=True, name=name, **weight)
            elif kind == "norm":
                made = sym.BatchNorm(source, fix_gamma=False, name=name)
            elif kind == "drop":
                made = sym.Dropout(source, p=0.3, name=name)
            else:
                made = sym.tanh(source + draw.choice(values), name=name)
            values.append(made)
    tied = sym.FullyConnected(values[-1], shared, num_hidden=3, no_bias=True, name="last")
    return sym.Group([sym.SoftmaxOutput(tied, name="softmax"), values[2], values[4]])


def filled(executor, seed=0):
    numbers = np.random.default_rng(seed)
    for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
        array[:] = numbers.uniform(0.5, 1.5, array.shape)
        if name.endswith("label"):
            array[:] = numbers.integers(0, 3, array.shape)
    return executor


def stepped(executor, seed, **feed):
    """Outputs, gradients and states of a training step."""
    mx.random.seed(seed)
    outputs = executor.forward(is_train=True, **feed)
    executor.backward()
    named = {f"grad of {n}": g for n, g in executor.grad_dict.items() if g is not None}
    named |= executor.aux_dict | dict(enumerate(outputs))
    return {n: a.asnumpy() for n, a in named.items()}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.parametrize("seed", range(4))
def test_random_networks_compute_what_one_device_computes(seed):
    net = random_network(seed)
    reqs = {n: random.Random(n).choice(["write", "write", "add", "null"]) for n in net.list_arguments()}
    reqs |= {"shared": "write", "softmax_label": "null"}
    apart = filled(net.simple_bind(mx.cpu(), reqs, data=SHAPE, group2ctx=GROUPS))
    together = filled(net.simple_bind(mx.cpu(), reqs, data=SHAPE))
    assert len({a.context for a in apart.arg_arrays}) > 1
    for turn in range(2):
        assert_same(stepped(apart, turn), stepped(together, turn))
    for executor in (apart, together):
        executor.backward()
    for name, grad in together.grad_dict.items():
        if grad is not None:
            np.testing.assert_allclose(apart.grad_dict[name].asnumpy(), grad.asnumpy(), rtol=1e-5, atol=1e-6)
    for name, state in together.aux_dict.items():
        np.testing.assert_allclose(apart.aux_dict[name].asnumpy(), state.asnumpy(), rtol=1e-5)


def test_arrays_live_where_their_group_is():
    executor = two_layers().simple_bind(mx.cpu(), data=SHAPE, group2ctx=GROUPS)
    places = {n: a.context for n, a in {**executor.arg_dict, **executor.aux_dict}.items()}
    second = {"two_weight", "two_bias", "softmax_label"}
    assert places == {n: mx.cpu(2) if n in second else mx.cpu(1) for n in places}
    assert all(g.context is places[n] for n, g in executor.grad_dict.items())
    before = executor.outputs[0]
    assert before.context is mx.cpu(2)
    assert executor.forward()[0] is before
    assert repr(executor) == "<Executor of <Symbol softmax> on cpu(1), cpu(2)>"
    small = executor.reshape(data=(2, 3), softmax_label=(2,))
    assert small.arg_dict["one_weight"] is executor.arg_dict["one_weight"]
    assert small.arg_dict["data"].context is small.grad_dict["data"].context is mx.cpu(1)
    assert small.forward(is_train=True, data=np.ones((2, 3)))[0].shape == (2, 3)


def test_who_is_in_no_group_follows_its_neighbours_and_a_group_without_a_device_stays():
    weight = sym.var("weight")
    with group("a"):
        data = sym.var("data")
    first = sym.FullyConnected(data, weight, num_hidden=3, no_bias=True, name="first")
    with group("elsewhere"):
        second = sym.FullyConnected(first, weight, num_hidden=3, no_bias=True, name="second")
    alone = sym.tanh(sym.var("alone"), name="alone")
    net = sym.Group([first, second, alone, weight])
    executor = net.simple_bind(mx.cpu(3), data=SHAPE, alone=(1,), group2ctx={**GROUPS, "none": mx.cpu(2)})
    assert {n: a.context for n, a in executor.arg_dict.items()} == {
        "data": mx.cpu(1), "weight": mx.cpu(1), "alone": mx.cpu(3),
    }  # fmt: skip
    outputs = filled(executor).forward(is_train=True)
    assert [a.context for a in outputs] == [mx.cpu(1), mx.cpu(3), mx.cpu(3), mx.cpu(1)]
    executor.backward()
    assert_same(stepped(executor, 0), stepped(filled(net.simple_bind(data=SHAPE, alone=(1,))), 0))


def test_bind_takes_arrays_that_are_where_they_are_read():
    net = two_layers()
    made = filled(net.simple_bind(mx.cpu(), data=SHAPE, group2ctx=GROUPS))
    grads = {n: nd.zeros_like(a) for n, a in made.arg_dict.items()}
    executor = net.bind(mx.cpu(), made.arg_dict, grads, "write", made.aux_dict, group2ctx=GROUPS)
    assert_same(stepped(executor, 1), stepped(filled(net.simple_bind(data=SHAPE)), 1))
    away = {**made.arg_dict, "two_bias": nd.zeros((3,))}
    moved = r"'two_bias' is on cpu\(0\), what reads it on cpu\(2\); use .as_in_context\(cpu\(2\)\)"
    with pytest.raises(DeviceError, match=moved):
        net.bind(mx.cpu(), away, aux_states=made.aux_dict, group2ctx=GROUPS)


def test_backward_takes_cotangents_and_comes_again_but_not_without_training():
    with group("a"):
        first = sym.FullyConnected(sym.var("data"), num_hidden=2, no_bias=True, name="one")
    with group("b"):
        net = sym.Group([first, sym.tanh(first, name="two")])
    apart, together = (filled(net.simple_bind(mx.cpu(), data=SHAPE, group2ctx=g)) for g in (GROUPS, None))
    heads = [np.full((4, 2), 0.5), np.arange(8.0).reshape(4, 2)]
    for executor, devices in ((apart, (1, 2)), (together, (0, 0))):
        executor.forward(is_train=True)
        executor.backward()
        executor.backward([nd.array(h, ctx=mx.cpu(d)) for h, d in zip(heads, devices, strict=True)])
    for mine, theirs in zip(apart.grad_arrays, together.grad_arrays, strict=True):
        np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-5)
    with pytest.raises(ArgumentError, match="got 2 heads and 1 head gradients"):
        apart.backward([nd.ones((4, 2), ctx=mx.cpu(1))])
    apart.arg_dict["data"][:] = 1
    with pytest.raises(AutogradError, match="but its inputs were written since"):
        apart.backward()
    together.arg_dict["data"][:] = 1
    for executor in (apart, together):
        executor.forward()
        executor.backward()
    for mine, theirs in zip(apart.grad_arrays, together.grad_arrays, strict=True):
        np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-5)
    unread = net.simple_bind(mx.cpu(), {"one_weight": "null"}, data=SHAPE, group2ctx=GROUPS)
    unread.forward(is_train=True)
    unread.backward()


def test_a_head_without_anything_to_differentiate_has_no_part_in_backward():
    with group("a"):
        fixed = sym.tanh(sym.var("data"), name="fixed")
    with group("b"):
        net = sym.Group([fixed, sym.FullyConnected(fixed, num_hidden=2, no_bias=True, name="fc")])
    executor = filled(net.simple_bind(mx.cpu(), {"fc_weight": "write"}, data=SHAPE, group2ctx=GROUPS))
    fixed_value = executor.forward(is_train=True)[0].asnumpy()
    executor.backward()
    np.testing.assert_allclose(
        executor.grad_dict["fc_weight"].asnumpy(), np.ones((2, 4)) @ fixed_value, rtol=1e-6
    )


def test_a_monitor_sees_every_device():
    executor = filled(two_layers().simple_bind(mx.cpu(), data=SHAPE, group2ctx=GROUPS))
    expected = stepped(filled(two_layers().simple_bind(mx.cpu(), data=SHAPE)), 2)
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.__setitem__(name, array.context))
    assert_same(stepped(executor, 2), expected)
    assert seen["one_output"] is seen["bn_output"] is mx.cpu(1)
    assert seen["two_output"] is seen["softmax_output"] is mx.cpu(2)
    assert "SoftmaxOutput" in executor.debug_str()


def test_executors_share_arrays_on_the_same_devices_only():
    net, buffer = two_layers(), {}
    first = net.simple_bind(mx.cpu(), data=SHAPE, group2ctx=GROUPS, shared_buffer=buffer)
    again = net.simple_bind(mx.cpu(), data=(2, 3), group2ctx=GROUPS, shared_buffer=buffer)
    assert again.grad_dict["two_weight"] is first.grad_dict["two_weight"]
    alone = net.simple_bind(mx.cpu(), data=SHAPE, shared_buffer=buffer)
    assert {a.context for a in alone.arg_arrays} == {mx.cpu(0)}
    with pytest.raises(DeviceError, match=r"'one_weight' is on cpu\(0\) here, on cpu\(1\) in shared_exec"):
        net.simple_bind(mx.cpu(), data=SHAPE, shared_exec=first, shared_arg_names=["one_weight"])
    with pytest.raises(ShapeError, match="'one_weight' is float32"):
        net.simple_bind(
            mx.cpu(), data=(2, 7), group2ctx=GROUPS, shared_exec=first, shared_arg_names=["one_weight"]
        )


def test_what_is_no_device_or_can_not_be_placed_is_refused():
    net = two_layers()
    with pytest.raises(ArgumentError, match=r"group2ctx: 'a' needs a Context such as cpu\(1\), got 'cpu'"):
        net.simple_bind(mx.cpu(), data=SHAPE, group2ctx={"a": "cpu"})
    with pytest.raises(ArgumentError, match="group2ctx is a dict of devices by group, got 3"):
        net.simple_bind(mx.cpu(), data=SHAPE, group2ctx=3)
    with pytest.raises(NotSupportedError, match="a memory plan is for one device"):
        net.simple_bind(mx.cpu(), data=SHAPE, group2ctx=GROUPS, plan="chen")
    with pytest.raises(NotSupportedError, match="a mesh is no device of a group"):
        net.simple_bind(mx.cpu(), data=SHAPE, group2ctx={"a": mesh(data=2)})
    with pytest.raises(DeviceError, match=r"cpu\(9\) was asked for"):
        net.simple_bind(mx.cpu(), data=SHAPE, group2ctx={"a": mx.cpu(9)})
    with group("a"):
        mean, data = sym.var("mean"), sym.var("data")
        first = sym.BatchNorm(data, moving_mean=mean, name="first")
    with group("b"):
        second = sym.BatchNorm(first, moving_mean=mean, name="second")
    with pytest.raises(ArgumentError, match=r"state 'mean' is on cpu\(1\).*written on cpu\(2\), by 'second'"):
        second.simple_bind(mx.cpu(), data=SHAPE, group2ctx=GROUPS)
