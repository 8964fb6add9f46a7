import numpy as np

from workbench.gluon import Constant, HybridBlock
from workbench.imperative import nd


class Scaled(HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scale = self.params.get_constant("scale", [2.0, 3.0])

    def hybrid_forward(self, F, x, scale):
        return x * scale


def test_a_constant_has_its_value_and_no_gradient():
    one = Constant("c", np.array([[1.0, 2.0]]))
    one.initialize()
    assert (one.shape, one.grad_req) == ((1, 2), "null")
    np.testing.assert_array_equal(one.data().asnumpy(), [[1, 2]])
    assert repr(one) == "Constant c (shape=(1, 2), dtype=float32)"


def test_a_block_carries_it_along():
    for hybridize in (False, True):
        net = Scaled()
        net.initialize("zeros")
        net.hybridize(hybridize)
        np.testing.assert_array_equal(net(nd.ones((2,))).asnumpy(), [2, 3])
