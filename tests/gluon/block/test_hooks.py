"""Hooks around blocks, hooks on operators, and the table of layers."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon import nn
from workbench.imperative import autograd, nd

X = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)


def network():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Conv2D(4, 3, activation="relu"), nn.BatchNorm(), nn.Flatten(), nn.Dense(3))
    net.initialize()
    return net


TABLE = """\
--------------------------------------------------------------------------------
        Layer (type)                                Output Shape         Param #
================================================================================
               Input                                (2, 3, 8, 8)               0
        Activation-1                                (2, 4, 6, 6)               0
            Conv2D-2                                (2, 4, 6, 6)             112
         BatchNorm-3                                (2, 4, 6, 6)              16
           Flatten-4                                    (2, 144)               0
             Dense-5                                      (2, 3)             435
================================================================================
Parameters in forward computation graph, duplicate included
   Total params: 563
   Trainable params: 555
   Non-trainable params: 8
Shared params in forward computation graph: 0
Unique parameters in model: 563
--------------------------------------------------------------------------------
"""


def test_the_summary_is_the_table_that_mxnet_prints(capsys):
    net = network()
    net.summary(nd.array(X))
    assert capsys.readouterr().out == TABLE
    assert all(not block._hooks for block in net._descendants())


def test_the_summary_counts_what_is_shared_once(capsys):
    first = nn.Dense(4, in_units=4)
    net = nn.Sequential()
    net.add(first, nn.Dense(4, in_units=4, params=first.params))
    net.initialize()
    net.summary(nd.ones((1, 4)))
    shown = capsys.readouterr().out
    assert "Total params: 40" in shown
    assert "Shared params in forward computation graph: 20" in shown
    assert "Unique parameters in model: 20" in shown


def test_the_summary_shows_nested_inputs_and_outputs(capsys):
    class Two(nn.HybridBlock):
        def hybrid_forward(self, F, a, b):
            return a + b, [a, b]

    Two().summary(nd.ones((2, 2)), nd.ones((2, 2)))
    rows = capsys.readouterr().out.splitlines()
    assert "(2, 2), (2, 2)" in rows[3]
    assert "(2, 2), [(2, 2), (2, 2)]" in rows[4]


def test_a_hybridized_network_has_no_summary():
    net = network()
    net.hybridize()
    with pytest.raises(ArgumentError, match=r"net is hybridized .* call hybridize\(False\) first"):
        net.summary(nd.array(X))
    assert all(not block._hooks for block in net._descendants())


def test_an_operator_hook_sees_every_value_of_the_graph():
    net = network()
    net.hybridize()
    expected = net(nd.array(X)).asnumpy()
    seen = []
    net.register_op_hook(lambda name, op, array: seen.append((name, op, array.asnumpy())))
    np.testing.assert_allclose(net(nd.array(X)).asnumpy(), expected, rtol=1e-5, atol=1e-6)
    assert [(name, op) for name, op, _ in seen][:3] == [
        ("net_conv0_fwd_output", "Convolution"),
        ("net_conv0_relu_fwd_output", "Activation"),
        ("net_batchnorm0_fwd_output", "BatchNorm"),
    ]
    values = {name: value for name, _, value in seen}
    np.testing.assert_allclose(
        values["net_conv0_relu_fwd_output"], np.maximum(values["net_conv0_fwd_output"], 0), rtol=1e-6
    )
    np.testing.assert_allclose(values["net_dense0_fwd_output"], expected, rtol=1e-5, atol=1e-6)


def test_an_operator_hook_may_see_inputs_and_gradients_flow():
    net = nn.Dense(2, in_units=3, prefix="dense_")
    net.initialize()
    net.hybridize()
    seen = {}
    net.register_op_hook(lambda name, op, array: seen.setdefault(name, array.shape), monitor_all=True)
    with autograd.record():
        net(nd.ones((4, 3))).sum().backward()
    assert seen == {
        "dense_fwd_data": (4, 3),
        "dense_fwd_weight": (2, 3),
        "dense_fwd_bias": (2,),
        "dense_fwd_output": (4, 2),
    }
    np.testing.assert_allclose(net.weight.grad().asnumpy(), np.full((2, 3), 4.0))


def test_hooks_that_hybridizing_would_silence_are_announced():
    net = network()
    net[0].register_forward_hook(print)
    with pytest.warns(UserWarning, match="has forward hooks and is part of net"):
        net.hybridize()


def test_blocks_in_a_plain_list_are_announced():
    class Lost(nn.Block):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Dense(1)]

    for use in (Lost().collect_params, Lost().initialize):
        with pytest.warns(UserWarning, match="Lost.layers holds blocks that are not registered") as told:
            use()
        assert [warning.filename for warning in told] == [__file__]


def test_a_parameter_is_not_replaced():
    layer = nn.Dense(2, in_units=2)
    with pytest.raises(ArgumentError, match=r"Dense.weight is a Parameter already; .* with params="):
        layer.weight = nn.Dense(2, in_units=2).weight


def test_what_is_not_supported_names_what_is():
    net = network()
    with pytest.raises(NotSupportedError, match=r"hybridize\(backend='MKLDNN'\): XLA compiles every graph"):
        net.hybridize(backend="MKLDNN")
    with pytest.raises(NotSupportedError, match=r"hybridize\(\) is all there is to do"):
        net.optimize_for(nd.array(X), backend="TensorRT")
    with pytest.raises(NotSupportedError, match=r"save_parameters\(\), or export\(\)"):
        net.save("net")
    with pytest.raises(NotSupportedError, match=r"SymbolBlock.imports\(\)"):
        net.load("net")


def test_the_older_names_of_saving_and_loading(tmp_path):
    net, other = network(), network()
    net(nd.array(X))
    with pytest.warns(UserWarning, match=r"use save_parameters\(\)"):
        net.save_params(tmp_path / "old.params")
    assert "dense0_weight" in nd.load(tmp_path / "old.params")
    with pytest.warns(UserWarning, match=r"use load_parameters\(\)"):
        other.load_params(tmp_path / "old.params")
    np.testing.assert_array_equal(other(nd.array(X)).asnumpy(), net(nd.array(X)).asnumpy())
