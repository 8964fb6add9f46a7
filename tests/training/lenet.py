"""LeNet-5 as MXNet's examples have it, in both styles with the same names of parameters.

Source: Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998).
"""

import workbench as mx

CLASSES = 10
SHAPE = (1, 28, 28)


def symbol(pool: str = "max") -> mx.sym.Symbol:
    """data: (n, 1, 28, 28); output: (n, 10) probabilities.  MXNet pools by maximum, LeCun by ``"avg"``."""
    net = mx.sym.Variable("data")
    for name, filters in (("conv1", 20), ("conv2", 50)):
        net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=filters, name=name)
        net = mx.sym.Activation(net, act_type="tanh")
        net = mx.sym.Pooling(net, pool_type=pool, kernel=(2, 2), stride=(2, 2))
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=500, name="fc1")
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.FullyConnected(net, num_hidden=CLASSES, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def block(pool: str = "max") -> mx.gluon.HybridBlock:
    """data: (n, 1, 28, 28); output: (n, 10) scores."""
    nn = mx.gluon.nn
    pooling = {"max": nn.MaxPool2D, "avg": nn.AvgPool2D}[pool]
    net = nn.HybridSequential(prefix="")
    net.add(
        nn.Conv2D(20, kernel_size=5, activation="tanh", prefix="conv1_"),
        pooling(pool_size=2, strides=2),
        nn.Conv2D(50, kernel_size=5, activation="tanh", prefix="conv2_"),
        pooling(pool_size=2, strides=2),
        nn.Dense(500, activation="tanh", prefix="fc1_"),
        nn.Dense(CLASSES, prefix="fc2_"),
    )
    return net
