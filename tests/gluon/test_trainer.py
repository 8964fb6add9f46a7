"""The trainer: steps, rates, stale gradients, states in files, several devices."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, SymbolFileError
from workbench.gluon import Parameter, StaleGradientError, Trainer, nn
from workbench.gluon.utils import split_and_load
from workbench.imperative import autograd, nd
from workbench.runtime import engine
from workbench.runtime.device import cpu
from workbench.train import optimizer as opt


def learned(*values, **facts):
    made = []
    for at, value in enumerate(values):
        made.append(Parameter(f"w{at}", shape=(1,), **facts))
        made[-1].initialize("zeros")
        made[-1].set_data(nd.array([value]))
    return made


def backward(params, factor=1.0):
    with autograd.record():
        loss = nd.add_n(*[p.data() * factor for p in params])
    loss.backward()


def test_a_step_divides_by_the_batch():
    params = learned(1.0, 2.0)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.5})
    backward(params, 4.0)
    trainer.step(2)
    assert [p.data().asscalar() for p in params] == [0, 1]
    backward(params, 4.0)
    trainer.step(4)
    assert [p.data().asscalar() for p in params] == [-0.5, 0.5]


def test_rescaling_of_ones_own_is_kept():
    params = learned(0.0)
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0, "rescale_grad": 0.5})
    backward(params, 4.0)
    trainer.step(2)
    assert params[0].data().asscalar() == -1


def test_all_parameters_are_updated_by_one_operation():
    params = learned(*range(10))
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0, "momentum": 0.9})
    for _ in range(2):
        backward(params)
        engine.flush()
        trainer.step(1)
    assert [call.op for call in engine.pending()] == ["multi_sgd_mom_update"]
    np.testing.assert_allclose([p.data().asscalar() for p in params], np.arange(10) - 2.9, rtol=1e-6)


def test_multipliers_and_fixed_parameters():
    params = learned(1.0, 1.0, 1.0)
    params[1].lr_mult = 0.1
    params[2].grad_req = "null"
    trainer = Trainer({p.name: p for p in params}, opt.SGD(learning_rate=1.0))
    backward(params[:2])
    trainer.step(1)
    np.testing.assert_allclose([p.data().asscalar() for p in params], [0, 0.9, 1])


def test_the_rate_can_be_set():
    params = learned(1.0)
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0})
    trainer.set_learning_rate(0.25)
    assert trainer.learning_rate == 0.25
    backward(params)
    trainer.step(1)
    assert params[0].data().asscalar() == 0.75


def test_a_stale_gradient_is_no_step():
    params = learned(1.0, 1.0)
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0})
    with pytest.raises(StaleGradientError, match=r"written the gradient of 'w0', 'w1' since the last step"):
        trainer.step(1)
    backward(params[:1])
    with pytest.raises(StaleGradientError, match=r"written the gradient of 'w1' since the last step"):
        trainer.step(1)
    trainer.step(1, ignore_stale_grad=True)
    assert [p.data().asscalar() for p in params] == [0, 1]
    trainer.step(1, ignore_stale_grad=True)
    assert [p.data().asscalar() for p in params] == [0, 1]


def test_new_arrays_are_found():
    params = learned(1.0)
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0})
    backward(params)
    trainer.step(1)
    params[0].initialize("ones", force_reinit=True)
    params[0].set_data(nd.array([5.0]))
    backward(params)
    trainer.step(1)
    assert params[0].data().asscalar() == 4


def test_parameters_must_have_values():
    net = nn.Dense(1, prefix="fc_")
    trainer = Trainer(net.collect_params(), "sgd")
    with pytest.raises(NotInitializedError, match="has not been initialized"):
        trainer.step(1)


def test_states_survive_a_file(tmp_path):
    path = tmp_path / "trainer.states"

    def stepped(params, trainer):
        backward(params)
        trainer.step(1)
        return params[0].data().asscalar()

    one, two = learned(1.0), learned(1.0)
    first = Trainer(one, "adam", {"learning_rate": 0.1})
    stepped(one, first)
    first.save_states(path)
    two[0].set_data(one[0].data())
    second = Trainer(two, "adam", {"learning_rate": 0.1})
    second.load_states(path)
    assert stepped(one, first) == stepped(two, second)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(SymbolFileError, match="these 19 bytes are not optimizer states"):
        second.load_states(path)


def test_bad_arguments():
    with pytest.raises(NotInitializedError, match="kvstore 'dist_sync' needs a group of processes"):
        Trainer([], "sgd", kvstore="dist_sync")
    with pytest.raises(ArgumentError, match="compression_params: the type is '2bit', got '1bit'"):
        Trainer([], "sgd", compression_params={"type": "1bit"})
    with pytest.raises(NotSupportedError, match="update_on_kvstore=True"):
        Trainer([], "sgd", update_on_kvstore=True)
    with pytest.raises(ArgumentError, match=r"such as net\.collect_params\(\), got Dense"):
        Trainer(nn.Dense(1), "sgd")
    with pytest.raises(ArgumentError, match=r"such as net\.collect_params\(\), got a int"):
        Trainer([3], "sgd")
    with pytest.raises(ArgumentError, match="optimizer_params go with an optimizer given by name"):
        Trainer([], opt.SGD(), {"learning_rate": 1.0})


@pytest.mark.parametrize("size", [0, -1, None, "8", float("nan")])
def test_a_batch_size_that_is_none_changes_nothing(size):
    params = learned(1.0, 2.0)
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0})
    backward(params)
    with pytest.raises(
        ArgumentError, match=rf"batch_size is the number of examples, 1 or more, got {size!r}"
    ):
        trainer.step(size)
    assert [p.data().asscalar() for p in params] == [1, 2]


@pytest.mark.devices
def test_devices_sum_their_gradients():
    devices = [cpu(1), cpu(2)]
    one, many = nn.Dense(1, in_units=3), nn.Dense(1, in_units=3)
    one.initialize("ones")
    many.initialize("ones", ctx=devices)
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    for net, parts in ((one, [nd.array(x)]), (many, split_and_load(x, devices))):
        trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
        for _ in range(2):
            with autograd.record():
                heads = [nd.square(net(part)).sum() for part in parts]
            autograd.backward(heads)
            trainer.step(4)
    expected = one.weight.data().asnumpy()
    for copy in many.weight.list_data():
        np.testing.assert_allclose(copy.asnumpy(), expected, rtol=1e-5)


@pytest.mark.devices
def test_parameters_share_their_devices():
    params = learned(1.0, 1.0)
    params[1].reset_ctx(cpu(1))
    with pytest.raises(ArgumentError, match=r"'w1' is on \[cpu\(1\)\], the others on \[cpu\(0\)\]"):
        Trainer(params, "sgd").step(1)
