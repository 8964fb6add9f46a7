"""What the sweep of operators cannot say of pooling: ties, what is kept, and what is refused."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, nd
from workbench.graph.bind import bind
from workbench.ops import registry
from workbench.types import tensor_type


@pytest.mark.parametrize("attrs", [{"kernel": (2, 2), "stride": (2, 2)}, {"global_pool": True}])
def test_the_first_of_equal_maxima_takes_the_gradient(attrs: dict) -> None:
    data = nd.ones((1, 1, 2, 2))
    data.attach_grad()
    with autograd.record():
        out = nd.Pooling(data, **attrs)
    out.backward()
    np.testing.assert_array_equal(data.grad.asnumpy(), [[[[1, 0], [0, 0]]]])


def test_the_gradient_of_a_maximum_keeps_no_data() -> None:
    bound, _ = bind(registry.get("Pooling"), {"kernel": (3, 3), "stride": (2, 2)})
    data = tensor_type((8, 4, 33, 33), np.float32)
    outputs = bound.infer((data,))
    rule = bound.gradient((data,), (True, False, False), (True,))
    assert all(kept.is_output for kept in rule.kept)
    assert sum(outputs[kept.place].nbytes for kept in rule.kept) < data.nbytes / 4


def test_a_window_behind_the_data_is_the_lowest_number_or_nothing() -> None:
    data = nd.ones((1, 1, 2, 3))
    facts = {"kernel": (2, 1), "stride": (1, 3), "pooling_convention": "full"}
    assert nd.Pooling(data, **facts).asnumpy()[..., 1].item() == np.finfo(np.float32).min
    assert nd.Pooling(data, pool_type="avg", **facts).asnumpy()[..., 1].item() == 0


@pytest.mark.parametrize(
    ("error", "text", "attrs"),
    [
        (mx.errors.ShapeError, "a kernel of 1 axes needs data of 3 axes, got 4", {"kernel": (2,)}),
        (mx.errors.ShapeError, "a kernel that reaches over 9 does not fit into 4", {"kernel": (9, 1)}),
        (mx.errors.ShapeError, "pads by itself", {"kernel": (2, 2), "pad": (1, 1), "pooling_convention": "same"}),
        (mx.errors.ArgumentError, "needs p_value 1, 2 or 3, got 4", {"pool_type": "lp", "p_value": 4}),
        (mx.errors.NotSupportedError, "layout 'CHWN' is not supported", {"kernel": (2, 2), "layout": "CHWN"}),
    ],
)  # fmt: skip
def test_refusals(error: type[Exception], text: str, attrs: dict) -> None:
    with pytest.raises(error, match=text):
        nd.Pooling(nd.ones((1, 1, 4, 4)), **attrs)
