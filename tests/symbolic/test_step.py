import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.graph import cut
from workbench.graph.node import Value
from workbench.runtime.device import cpu
from workbench.runtime.program import Program
from workbench.symbolic import sym
from workbench.symbolic.sample import sample_inputs
from workbench.symbolic.step import PHASES, training_step

BATCH, CLASSES = 4, 3


def mlp():
    hidden = sym.tanh(sym.FullyConnected(sym.var("data"), num_hidden=6, name="one"))
    return sym.SoftmaxOutput(sym.FullyConnected(hidden, num_hidden=CLASSES, name="two"), name="softmax")


def run(step, inputs):
    return Program(step.graph, cut.whole(), step.types, cpu()).run(inputs)


def test_a_step_moves_parameters_as_jax_grad_says():
    step = training_step(mlp(), {"data": (BATCH, 5)}, lr=0.5)
    inputs = sample_inputs(step, cpu())
    given = dict(zip((node.name for node in step.graph.inputs), inputs, strict=True))

    def scores(params):
        hidden = jnp.tanh(given["data"] @ params["one_weight"].T + params["one_bias"])
        return hidden @ params["two_weight"].T + params["two_bias"]

    def loss(params):
        chosen = given["softmax_label"].astype(int)
        return -jax.nn.log_softmax(scores(params))[jnp.arange(BATCH), chosen].mean()

    params = {name: given[name] for name in step.params}
    outputs, *new = run(step, inputs)
    np.testing.assert_allclose(outputs, jax.nn.softmax(scores(params)), rtol=1e-5, atol=1e-6)
    for name, grad, moved in zip(
        step.params, [jax.grad(loss)(params)[n] for n in step.params], new, strict=True
    ):
        np.testing.assert_allclose(moved, params[name] - 0.5 * grad, rtol=1e-5, atol=1e-6)


def test_roles_are_told_apart(mixed):
    step = training_step(mixed, {"data": (4, 5)})
    assert step.data == ("data", "softmax_label")
    assert list(step.labels) == ["softmax_label"]
    assert step.params == ("fc_weight", "fc_bias", "bn_gamma", "bn_beta", "shared_weight")
    assert step.states == ("bn_moving_mean", "bn_moving_var")


def test_phases_follow_one_another_and_names_differ(mixed):
    step = training_step(mixed, {"data": (4, 5)})
    order = [PHASES.index(step.phases[node.name]) for node in step.nodes]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    assert len({node.name for node in step.nodes}) == len(step.nodes)
    assert [node.op for node in step.nodes if step.phases[node.name] == "update"] == ["sgd_update"] * 5


def test_states_move_with_the_step(mixed):
    step = training_step(mixed, {"data": (4, 5)})
    inputs = sample_inputs(step, cpu())
    mean = dict(zip((node.name for node in step.graph.inputs), inputs, strict=True))["bn_moving_mean"]
    moved = run(step, inputs)[-2]
    assert not np.allclose(moved, mean)


def test_each_gradient_has_the_type_of_its_value(mixed):
    step = training_step(mixed, {"data": (4, 5)})
    assert step.gradients
    for gradient, of in step.gradients.items():
        assert step.types[gradient] is step.types[of]


def test_a_parameter_the_loss_does_not_need_stays_as_it_is():
    idle = sym.BlockGrad(sym.FullyConnected(sym.var("data"), num_hidden=2, name="idle"))
    step = training_step(sym.Group([mlp(), idle]), {"data": (BATCH, 5)})
    at = [node.name for node in step.graph.inputs].index("idle_weight")
    head = step.graph.heads[2 + step.params.index("idle_weight")]
    assert head == Value(step.graph.inputs[at])


def test_nodes_of_one_name_get_names_of_their_own():
    twin = sym.tanh(
        sym.tanh(sym.FullyConnected(sym.var("data"), num_hidden=3, name="fc"), name="t"), name="t"
    )
    step = training_step(sym.SoftmaxOutput(twin, name="softmax"), {"data": (2, 3)})
    assert [n.name for n in step.nodes if n.op == "tanh"] == ["t", "t_2"]
    assert [n.name for n in step.nodes if n.op == "_backward_tanh"] == ["t_2_backward", "t_backward"]


def test_a_network_without_a_loss_is_refused():
    scores = sym.FullyConnected(sym.var("data"), num_hidden=3, name="scores")
    with pytest.raises(ArgumentError, match="needs a loss, and none of the outputs scores_output is one"):
        training_step(scores, {"data": (2, 3)})


def test_a_missing_shape_is_named():
    with pytest.raises(ArgumentError, match=r"the shape of 'data', 'one_weight'.* is not given"):
        training_step(mlp(), {})


def test_an_unknown_input_is_refused():
    with pytest.raises(ArgumentError, match=r"no input 'dada'; it has data, .*Did you mean 'data'"):
        training_step(mlp(), {"dada": (2, 3)})


def test_a_network_with_nothing_to_learn_is_refused():
    with pytest.raises(ArgumentError, match="needs a parameter to train; data, softmax_label all are data"):
        training_step(sym.SoftmaxOutput(sym.var("data"), name="softmax"), {"data": (2, 3)})
