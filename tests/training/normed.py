"""A small network with what LeNet lacks: states that move (BatchNorm) and random numbers (Dropout).

Both styles have the same names of parameters; a moving average is a *running* one to Gluon.  The convolution has no
bias: the norm after it would cancel it, and leave its gradient to rounding.
"""

import workbench as mx

CLASSES = 10
SHAPE = (1, 28, 28)
NORM = {"momentum": 0.9}
EPSILON = 1e-3
DROPPED = 0.3


def symbol() -> mx.sym.Symbol:
    """data: (n, 1, 28, 28); output: (n, 10) probabilities."""
    net = mx.sym.Variable("data")
    net = mx.sym.Convolution(net, kernel=(5, 5), stride=(2, 2), num_filter=8, no_bias=True, name="conv")
    net = mx.sym.BatchNorm(net, eps=EPSILON, fix_gamma=False, name="norm", **NORM)
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.Pooling(net, pool_type="avg", kernel=(2, 2), stride=(2, 2))
    net = mx.sym.Dropout(mx.sym.Flatten(net), p=DROPPED)
    net = mx.sym.FullyConnected(net, num_hidden=CLASSES, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def block() -> mx.gluon.HybridBlock:
    """data: (n, 1, 28, 28); output: (n, 10) scores."""
    nn = mx.gluon.nn
    net = nn.HybridSequential(prefix="")
    net.add(
        nn.Conv2D(8, kernel_size=5, strides=2, use_bias=False, prefix="conv_"),
        nn.BatchNorm(epsilon=EPSILON, prefix="norm_", **NORM),
        nn.Activation("tanh"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Flatten(),
        nn.Dropout(DROPPED),
        nn.Dense(CLASSES, prefix="fc_"),
    )
    return net
