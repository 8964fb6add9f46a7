"""What a symbol can't do because it has no value: each refusal says what to do instead, in a block too."""

import numpy as np
import pytest

from workbench import nd, sym
from workbench.errors import NotSupportedError
from workbench.gluon import HybridBlock


@pytest.mark.parametrize("use", [float, int, np.asarray, lambda x: x.asnumpy(), lambda x: x.backward()])
def test_a_value_is_refused_with_advice_for_a_bare_symbol_and_for_a_block(use):
    with pytest.raises(
        NotSupportedError,
        match=r"the Symbol 'x' has no value yet.*bind.*; in a block's hybrid_forward compute with F, or don't",
    ):
        use(sym.var("x"))


def test_a_choice_in_a_hybridized_block_is_refused_with_what_chooses_there():
    class Chooses(HybridBlock):
        def hybrid_forward(self, F, x):
            return x if x.sum() > 0 else -x

    block = Chooses()
    x = nd.ones((2, 3))
    np.testing.assert_array_equal(block(x).asnumpy(), np.ones((2, 3)))
    block.hybridize()
    with pytest.raises(
        NotSupportedError, match=r"neither true nor false; .*hybrid_forward choose with F\.where"
    ):
        block(x)
