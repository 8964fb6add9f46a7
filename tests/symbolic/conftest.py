import pytest

from workbench.symbolic import sym


@pytest.fixture
def lenet():
    data = sym.Variable("data")
    conv = sym.Convolution(data, kernel=(5, 5), num_filter=4, name="conv")
    tanh = sym.Activation(conv, act_type="tanh", name="tanh")
    pool = sym.Pooling(tanh, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool")
    fc = sym.FullyConnected(sym.Flatten(pool, name="flat"), num_hidden=10, name="fc")
    return sym.SoftmaxOutput(fc, name="softmax")


@pytest.fixture
def mixed():
    """States, random numbers, a weight used twice, and work that the passes can spare."""
    hidden = sym.BatchNorm(sym.FullyConnected(sym.var("data"), num_hidden=8, name="fc"), name="bn")
    drop = sym.Dropout(sym.relu(hidden, name="relu"), p=0.5, name="drop")
    shared = sym.var("shared_weight")
    once = sym.FullyConnected(drop, shared, num_hidden=8, no_bias=True, name="once")
    twice = sym.FullyConnected(once, shared, num_hidden=8, no_bias=True, name="twice")
    scaled = sym.elemwise_add(
        sym._mul_scalar(twice, scalar=1.0, name="by_one"), sym.tanh(drop, name="left"), name="sum"
    )
    same = sym.elemwise_add(scaled, sym.tanh(drop, name="right"), name="out")
    known = sym.tanh(sym.ones((4, 8), name="constant"), name="tanh_of_it")
    return sym.SoftmaxOutput(sym.elemwise_add(same, known, name="last"), name="softmax")
