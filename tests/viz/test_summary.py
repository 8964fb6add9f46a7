"""The layer table: MXNet's columns, counts that add up, and nothing printed for what is unknown."""

import pytest

import workbench as mx
from workbench import sym
from workbench.errors import ArgumentError

SHAPE = {"data": (1, 3, 8, 8)}


def network():
    net = sym.Convolution(sym.var("data"), kernel=(3, 3), num_filter=4, pad=(1, 1), name="conv")
    net = sym.Activation(sym.BatchNorm(net, name="bn"), act_type="relu", name="relu")
    net = sym.FullyConnected(sym.elemwise_add(net, net, name="twice"), num_hidden=10, name="fc")
    return sym.SoftmaxOutput(net, name="softmax")


def test_every_layer_has_its_shape_parameters_and_predecessors(capsys):
    mx.viz.print_summary(network(), SHAPE)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) == 120 for line in lines if not line.startswith("Total"))
    rows = [line.split() for line in lines if line[0] not in "_="]
    assert rows[1:] == [
        ["data(null)", "3x8x8", "0"],
        ["conv(Convolution)", "4x8x8", "112", "data"],
        ["bn(BatchNorm)", "4x8x8", "8", "conv"],
        ["relu(Activation)", "4x8x8", "0", "bn"],
        ["twice(elemwise_add)", "4x8x8", "0", "relu"],
        ["relu"],
        ["fc(FullyConnected)", "10", "2570", "twice"],
        ["softmax(SoftmaxOutput)", "10", "0", "fc"],
        ["Total", "params:", "2690"],
    ]


def test_a_shared_weight_counts_once():
    weight = sym.var("shared_weight")
    once = sym.FullyConnected(sym.var("data"), weight, num_hidden=4, no_bias=True, name="once")
    twice = sym.FullyConnected(once, weight, num_hidden=4, no_bias=True, name="again")
    assert "Total params: 16" in mx.viz.summary.summary(twice, {"data": (2, 4)})


def test_mistakes_are_named():
    with pytest.raises(ArgumentError, match=r"symbol must be a Symbol, got \[\]"):
        mx.viz.print_summary([])
    with pytest.raises(ArgumentError, match=r"no argument 'date'.*Did you mean 'data'\?"):
        mx.viz.print_summary(network(), {"date": (1,)})
    with pytest.raises(ArgumentError, match="needs four growing positions"):
        mx.viz.print_summary(network(), positions=(0.5, 0.4, 0.9, 1.0))
