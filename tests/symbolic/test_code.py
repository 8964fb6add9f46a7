import ast

import pytest

from workbench.symbolic import sym
from workbench.symbolic.code import code_of
from workbench.symbolic.step import training_step

LENET = """\
conv = nd.Convolution(data, conv_weight, conv_bias, kernel=(5, 5), num_filter=4)
tanh = nd.Activation(conv, act_type="tanh")
pool, pool_winner0, pool_winner1 = nd.Pooling(tanh, kernel=(2, 2), stride=(2, 2))
flat = nd.Flatten(pool)
fc = nd.FullyConnected(flat, fc_weight, fc_bias, num_hidden=10)
softmax = nd.SoftmaxOutput(fc, softmax_label)
softmax_grad = nd.ones((2, 10))
fc_grad = _backward_SoftmaxOutput(softmax_label, softmax, softmax_grad)
flat_grad, fc_weight_grad, fc_bias_grad = _backward_FullyConnected(flat, fc_weight, fc_grad, num_hidden=10)
pool_grad = _backward_Flatten(flat_grad)
tanh_grad = _backward_Pooling(pool_winner0, pool_winner1, pool_grad, kernel=(2, 2), stride=(2, 2))
conv_grad = _backward_Activation(tanh, tanh_grad, act_type="tanh")
conv_weight_grad, conv_bias_grad = _backward_Convolution(data, conv_grad, kernel=(5, 5), num_filter=4)
conv_weight = nd.sgd_update(conv_weight, conv_weight_grad, lr=0.1, rescale_grad=0.5)
conv_bias = nd.sgd_update(conv_bias, conv_bias_grad, lr=0.1, rescale_grad=0.5)
fc_weight = nd.sgd_update(fc_weight, fc_weight_grad, lr=0.1, rescale_grad=0.5)
fc_bias = nd.sgd_update(fc_bias, fc_bias_grad, lr=0.1, rescale_grad=0.5)""".splitlines()


def names(line):
    """What a line assigns, and what it reads."""
    tree = list(ast.walk(ast.parse(line)))
    found = [node for node in tree if isinstance(node, ast.Name)]
    stored = {node.id for node in found if isinstance(node.ctx, ast.Store)}
    called = {node.func.id for node in tree if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return stored, {node.id for node in found} - stored - called - {"nd"}


def test_lenet_reads_as_one_would_write_it(lenet):
    assert code_of(training_step(lenet, {"data": (2, 1, 28, 28)})) == LENET


@pytest.mark.parametrize("network", ["lenet", "mixed"])
def test_every_line_reads_only_what_is_there(network, request):
    shape = (2, 1, 28, 28) if network == "lenet" else (4, 5)
    step = training_step(request.getfixturevalue(network), {"data": shape})
    known = {node.name for node in step.graph.inputs}
    for line in code_of(step):
        stored, read = names(line)
        assert read - stored <= known, line
        known |= stored


def test_the_mixed_network_has_states_keys_and_sums(mixed):
    code = code_of(training_step(mixed, {"data": (4, 5)}))
    assert "bn, bn_mean, bn_var = nd.BatchNorm(fc, bn_gamma, bn_beta, bn_moving_mean, bn_moving_var)" in code
    assert "key0 = _keys[0]" in code
    assert "drop = nd.Dropout(relu, _key=key0)" in code
    assert "by_one = twice * 1" in code
    assert "shared_weight_grad_sum = shared_weight_grad + shared_weight_grad_2" in code


def test_names_that_python_can_not_read_are_made_readable():
    fc = sym.FullyConnected(sym.var("data"), num_hidden=3, name="2nd.layer")
    code = code_of(training_step(sym.SoftmaxOutput(fc, name="softmax"), {"data": (2, 3)}))
    assert code[0] == "_2nd_layer = nd.FullyConnected(data, _2nd_layer_weight, _2nd_layer_bias, num_hidden=3)"
