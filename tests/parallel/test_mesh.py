"""Devices as one: what trains on a mesh is one program, and gives what one device gives."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import equal_devices
import jax
import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError, DeviceError, ShapeError
from workbench.parallel import mesh
from workbench.runtime import trace

pytestmark = pytest.mark.devices
SHAPES = {"data": (8, 2, 6, 6), "softmax_label": (8,)}


def test_one_two_four_and_eight_devices_reach_the_same_parameters_in_every_way():
    program = Path(equal_devices.__file__)
    done = subprocess.run(
        [sys.executable, program], env=os.environ, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("start") > 0.01  # what is compared has moved
    assert len(found) == 12
    assert max(found.values()) < 1e-5, found


def convolutional():
    net = mx.sym.Convolution(mx.sym.var("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, name="norm"), act_type="relu")
    net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.FullyConnected(net, num_hidden=6, name="fc1")
    net = mx.sym.Dropout(mx.sym.Activation(net, act_type="tanh"), p=0.5)  # draws the same on a mesh
    net = mx.sym.FullyConnected(net, num_hidden=8, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def test_a_batch_norm_sees_the_whole_batch_and_dropout_draws_alike():
    net = convolutional()
    values = equal_devices.start(mx, net, SHAPES)
    trained = []
    for on in (mx.cpu(0), mesh(data=2, model=2)):
        mx.random.seed(5)
        trained.append(equal_devices.by_module(mx, net, SHAPES, on, values))
    for name, value in trained[0].items():
        np.testing.assert_allclose(trained[1][name], value, atol=1e-5, err_msg=name)


def bound(net, on, shape):
    executor = net.simple_bind(on, data=shape)
    mx.random.seed(1)
    for name, array in executor.arg_dict.items():
        array[:] = (
            mx.nd.random.uniform(-1, 1, shape=array.shape).asnumpy() if name != "softmax_label" else 1.0
        )
    return executor


def test_a_step_is_one_program_that_gives_memory_away_and_sums_gradients_once():
    executor = bound(equal_devices.network(mx), mesh(data=4), equal_devices.SHAPES["data"])
    names = ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    update = mx.optimizer.get_updater(mx.optimizer.create("sgd", momentum=0.9, learning_rate=0.1))
    with trace.record() as events:
        for _ in range(3):
            executor.forward(is_train=True)
            executor.backward()
            update(
                list(range(len(names))),
                [executor.grad_dict[n] for n in names],
                [executor.arg_dict[n] for n in names],
            )
            executor.outputs[0].wait_to_read()
    steps = [event for event in events if len(event.segment.instructions) > 1]
    assert [event.compiled for event in steps] == [True, False, False]
    hlo = steps[0].executable.hlo
    assert hlo.count("may-alias") == 2 * len(names)  # weights and momenta
    (together,) = re.findall(r"= \(([^()]*)\) all-reduce\(", hlo)
    assert together.count("f32[") == len(names)


def test_weights_are_cut_by_units_then_by_inputs_and_momenta_as_they():
    executor = bound(convolutional(), mesh(data=2, model=2), SHAPES["data"])
    arrays = executor.arg_dict | executor.aux_dict
    specs = {name: tuple(array.jax.sharding.spec) for name, array in arrays.items()}
    assert specs["data"] == specs["softmax_label"] == ("data",)
    assert specs["conv_weight"] == specs["conv_bias"] == ("model",)
    assert specs["norm_gamma"] == specs["norm_moving_var"] == ("model",)  # a batch norm mixes no channels
    assert specs["fc1_weight"] == (None, "model")
    assert specs["fc1_bias"] == ()
    assert specs["fc2_weight"] == specs["fc2_bias"] == ("model",)
    executor.forward(is_train=True)
    executor.backward()
    momentum = mx.optimizer.create("sgd", momentum=0.9).create_state(0, executor.arg_dict["conv_weight"])
    assert tuple(momentum.jax.sharding.spec) == ("model",)
    assert tuple(executor.grad_dict["fc1_weight"].jax.sharding.spec) == (None, "model")


def test_a_layer_that_can_not_be_divided_stays_whole():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    executor = net.simple_bind(mesh(data=2, model=2), data=(4, 5))
    assert tuple(executor.arg_dict["fc_weight"].jax.sharding.spec) == ()


def test_what_is_written_keeps_its_layout():
    executor = bound(convolutional(), mesh(data=2, model=2), SHAPES["data"])
    weight = executor.arg_dict["conv_weight"]
    weight[:] = 2
    executor.forward()
    assert tuple(weight.jax.sharding.spec) == ("model",)
    assert (weight.asnumpy() == 2).all()


def test_arrays_go_to_a_mesh_and_back_and_are_not_lost_to_a_step():
    on = mesh(data=4)
    there = mx.nd.array([[1, 2], [3, 4]]).as_in_context(on)
    assert there.context is on
    assert repr(there.context) == "mesh(data=4, model=1)"
    assert copy.deepcopy(on) is on
    assert mx.nd.from_jax(there.jax).context is on
    source = mx.nd.ones((4,))
    target = source.as_in_context(on)
    for _ in range(3):
        target += 1
        target.wait_to_read()
    np.testing.assert_array_equal(source.asnumpy(), np.ones(4))
    np.testing.assert_array_equal(target.as_in_context(mx.cpu(1)).asnumpy(), np.full(4, 4))
    with pytest.raises(
        DeviceError, match=r"broadcast_add: 'lhs' is on mesh\(data=4, model=1\) and 'rhs' on cpu"
    ):
        target + source


def test_a_view_of_an_array_on_a_mesh_is_read():
    array = mx.nd.array([[1, 2], [3, 4]]).as_in_context(mesh(data=4))
    np.testing.assert_array_equal(array[1:].asnumpy(), [[3, 4]])


def test_an_executor_of_another_shape_shares_its_batch_too():
    executor = bound(equal_devices.network(mx), mesh(data=4), (16, 6)).reshape(
        data=(8, 6), softmax_label=(8,)
    )
    assert tuple(executor.arg_dict["data"].jax.sharding.spec) == ("data",)
    assert executor.forward()[0].shape == (8, 8)


def test_one_mesh_is_made_once():
    assert mesh(data=2, model=2) is mesh(model=2, data=2)
    assert mesh() is mesh(data=len(jax.devices()))
    assert mesh(model=2).axes == {"data": len(jax.devices()) // 2, "model": 2}
    chosen = mesh([mx.cpu(3), mx.cpu(1)])
    assert [device.id for device in chosen.jax_mesh.devices.flat] == [3, 1]


def test_a_mesh_says_what_does_not_fit():
    with pytest.raises(
        DeviceError,
        match=r"mesh\(data=64, model=2\) takes 128 devices; there are 4\. context\.set_cpu_devices",
    ):
        mesh(data=64, model=2)
    with pytest.raises(
        ArgumentError, match=r"no axis 'dat'; there are 'data', 'model'\. Did you mean 'data'\?"
    ):
        mesh(dat=2)
    with pytest.raises(ArgumentError, match="data must be a whole number, 1 or more or None, got 0"):
        mesh(data=0)
    with pytest.raises(ArgumentError, match=r"each device at most once, got cpu\(1\), cpu\(1\)"):
        mesh([mx.cpu(1), mx.cpu(1)])
    with pytest.raises(ArgumentError, match="devices must be a sequence of Contexts or None, got 4"):
        mesh(4)


def test_a_batch_must_be_divisible():
    expected = (
        r"mesh\(data=4, model=1\) shares a batch over data=4 devices, and 'data' has 6 examples; take a"
    )
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4), name="softmax")
    with pytest.raises(ShapeError, match=expected):
        mx.mod.Module(net, context=mesh(data=4)).bind([("data", (6, 3))], [("softmax_label", (6,))])
    with pytest.raises(ShapeError, match=expected):
        net.simple_bind(mesh(data=4), data=(6, 3))
    with pytest.raises(ShapeError, match=expected):
        mx.gluon.utils.split_and_load(np.zeros((6, 3)), [mesh(data=4)])


def test_a_block_must_be_hybridized():
    on = mesh(data=4)
    net = mx.gluon.nn.Dense(4, in_units=3, prefix="fc_")
    net.initialize(ctx=on)
    (x,) = mx.gluon.utils.split_and_load(np.ones((8, 3)), [on])
    with pytest.raises(
        DeviceError, match=r"fc has parameters and is called on mesh\(data=4, model=1\).*hybridize\(\)"
    ):
        net(x)
    net.hybridize()
    assert net(x).shape == (8, 4)
