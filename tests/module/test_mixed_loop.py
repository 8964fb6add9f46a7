"""The classic mixed loop: a symbol computes, the user's own line updates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import workbench as mx
import workbench.module
from workbench.errors import NotInitializedError, NotWrittenError
from workbench.imperative import nd
from workbench.runtime import engine, trace


def loss(params, x, y):
    hidden = jnp.tanh(x @ params["fc1_weight"].T + params["fc1_bias"])
    logs = jax.nn.log_softmax(hidden @ params["fc2_weight"].T + params["fc2_bias"])
    return -jnp.sum(jnp.take_along_axis(logs, y.astype(int)[:, None], 1))


def by_hand(start, data, rate):
    params = dict(start)
    for batch in data:
        grads = jax.grad(loss)(params, batch.data[0].asnumpy(), batch.label[0].asnumpy())
        params = {name: value - rate * grads[name] for name, value in params.items()}
    return params


def test_the_loop_runs_as_it_is_written(net, batches):
    net, train_data = net(normalization="batch"), batches(batch_size=2)
    texec = mx.module.Module(net)
    for batch in train_data:
        texec.forward(batch)
        texec.backward()
        for param, grad in zip(texec.get_params(), texec.get_grads()):  # noqa: B905 (as it is written)
            param -= 0.2 * grad
    arg_params, aux_params = texec.get_params()
    assert list(arg_params) == ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert not aux_params
    assert texec.score(train_data, "acc")[0][1] > 0.6


@pytest.mark.parametrize("mode", ["bulked", "naive", "bulk of 3"])
def test_it_is_gradient_descent(net, batches, mode):
    train_data = batches(batch_size=20, last_batch_handle="discard")
    scope = {"naive": engine.naive, "bulk of 3": lambda: engine.bulk(3), "bulked": lambda: engine.bulk(2000)}
    with scope[mode]():
        texec = mx.module.Module(net())
        texec.forward(next(iter(train_data)))
        start = {name: a.asnumpy() for name, a in texec.get_params()[0].items()}
        train_data.reset()
        for batch in train_data:
            texec.forward(batch)
            texec.backward()
            for param, grad in zip(texec.get_params(), texec.get_grads(), strict=True):
                param -= 0.05 * grad
        train_data.reset()
        expected = by_hand(start, train_data, 0.05)
        for name, array in texec.get_params()[0].items():
            np.testing.assert_allclose(array.asnumpy(), expected[name], rtol=1e-5, atol=1e-6)
            assert not np.allclose(array.asnumpy(), start[name])


def test_a_step_of_it_is_one_program(net, batches):
    batch = next(iter(batches()))
    texec = mx.module.Module(net(norm=True))

    def step():
        texec.forward(batch)
        texec.backward()
        for param, grad in zip(texec.get_params(), texec.get_grads(), strict=True):
            param -= 0.01 * grad
        nd.waitall()

    for _ in range(4):
        step()
    with trace.record() as events:
        step()
    assert len(events) == 1


def test_auxiliary_states_move_by_the_forward_alone(net, batches):
    batch = next(iter(batches()))
    texec = mx.module.Module(net(norm=True))
    texec.forward(batch)
    moved = texec.get_params()[1].copy()
    texec.backward()
    for param, grad in zip(texec.get_params(), texec.get_grads(), strict=True):
        param -= 0.2 * grad
    for name, state in texec.get_params()[1].items():
        np.testing.assert_array_equal(state.asnumpy(), moved[name].asnumpy())
    assert moved["bn_moving_mean"].asnumpy().any()


def test_parameters_are_the_modules_own(net, batches):
    texec = mx.module.Module(net())
    batch = next(iter(batches()))
    texec.forward(batch)
    params, _ = texec.get_params()
    params *= 0
    texec.forward(batch)
    np.testing.assert_allclose(texec.get_outputs()[0].asnumpy(), 1 / 3, rtol=1e-6)


def test_gradients_before_any_backward_are_not_there(net, batches):
    texec = mx.module.Module(net())
    with pytest.raises(NotInitializedError, match=r"get_grads\(\) needs bind\(\) first"):
        texec.get_grads()
    texec.forward(next(iter(batches())))
    with pytest.raises(NotWrittenError, match=r"get_grads\(\) needs backward\(\) first"):
        texec.get_grads()


def test_fixed_parameters_stay(net, batches):
    texec = mx.module.Module(net(), fixed_param_names=["fc1_weight"])
    texec.forward(next(iter(batches())))
    before = texec.get_params()[0].copy()
    texec.backward()
    assert "fc1_weight" not in texec.get_grads()[0]
    for param, grad in zip(texec.get_params(), texec.get_grads(), strict=True):
        param -= 0.2 * grad
    after = texec.get_params()[0]
    np.testing.assert_array_equal(after["fc1_weight"].asnumpy(), before["fc1_weight"].asnumpy())
    assert not np.array_equal(after["fc2_weight"].asnumpy(), before["fc2_weight"].asnumpy())
