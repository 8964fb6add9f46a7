"""What the sweep of operators cannot say of the normalisations: derivatives through their statistics."""

from collections.abc import Callable

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, nd
from workbench.graph.bind import bind
from workbench.ops import registry
from workbench.types import tensor_type

SHAPE = (3, 4, 2)
CALLS: dict[str, Callable[..., list[nd.NDArray]]] = {
    "BatchNorm": lambda x, g, b: nd.BatchNorm(
        x, g, b, nd.zeros(4, dtype="float64"), nd.ones(4, dtype="float64"), fix_gamma=False, output_mean_var=True
    ),
    "SyncBatchNorm": lambda x, g, b: nd.contrib.SyncBatchNorm(
        x, g, b, nd.zeros(4, dtype="float64"), nd.ones(4, dtype="float64"), fix_gamma=False, output_mean_var=True,
        key="bn",
    ),
    "LayerNorm": lambda x, g, b: nd.LayerNorm(x, g, b, axis=1, output_mean_var=True),
    "GroupNorm": lambda x, g, b: nd.GroupNorm(x, g, b, num_groups=4, output_mean_var=True),
    "InstanceNorm": lambda x, g, b: [nd.InstanceNorm(x, g, b)],
}  # fmt: skip


def arrays() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=SHAPE), rng.uniform(0.5, 2, 4), rng.normal(size=4)]


def tensors(values: list[np.ndarray]) -> list[nd.NDArray]:
    return [nd.array(v, dtype="float64") for v in values]


def near_differences(function: Callable[..., float], gradient: np.ndarray) -> None:
    """A directional derivative against central differences of the same function."""
    way = np.random.default_rng(1).normal(size=SHAPE)
    data, *others = arrays()
    ends = [function([data + move * way, *others]) for move in (1e-5, -1e-5)]
    np.testing.assert_allclose(np.sum(gradient * way), (ends[0] - ends[1]) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize("name", CALLS)
def test_gradients_flow_through_the_statistics_too(name: str) -> None:
    def total(inputs: list[nd.NDArray]) -> nd.NDArray:
        outputs = CALLS[name](*inputs)
        return sum(
            (out * nd.sin(nd.arange(out.size, dtype="float64").reshape(out.shape))).sum() for out in outputs
        )

    def value(values: list[np.ndarray]) -> float:
        with autograd.train_mode():
            return total(tensors(values)).asscalar()

    inputs = tensors(arrays())
    inputs[0].attach_grad()
    with autograd.record():
        loss = total(inputs)
    loss.backward()
    near_differences(value, inputs[0].grad.asnumpy())


@pytest.mark.parametrize("name", CALLS)
def test_second_derivatives_take_the_statistics_into_account(name: str) -> None:
    def slope(inputs: list[nd.NDArray]) -> nd.NDArray:
        out = CALLS[name](*inputs)[0]
        (first,) = autograd.grad((out * out * out).sum(), [inputs[0]], create_graph=True)
        return (first * nd.cos(nd.arange(first.size, dtype="float64").reshape(first.shape))).sum()

    def value(values: list[np.ndarray]) -> float:
        inputs = tensors(values)
        inputs[0].attach_grad()
        with autograd.record():
            return slope(inputs).asscalar()

    inputs = tensors(arrays())
    inputs[0].attach_grad()
    with autograd.record():
        loss = slope(inputs)
    loss.backward()
    near_differences(value, inputs[0].grad.asnumpy())


@pytest.mark.parametrize("op", ["LayerNorm", "InstanceNorm", "GroupNorm"])
def test_what_a_gradient_keeps_is_the_input_and_two_numbers_a_statistic(op: str) -> None:
    bound, _ = bind(registry.get(op), {})
    features = 1 if op == "GroupNorm" else 4
    types = tuple(tensor_type(s, np.float32) for s in ((2, 4, 4, 4), (features,), (features,)))
    outputs = bound.infer(types)
    rule = bound.gradient(types, (True, False, False), (True, True, True))
    sizes = [(outputs if k.is_output else types)[k.place].size for k in rule.kept]
    assert sizes.count(2 * 4 * 4 * 4) == 1
    assert sorted(sizes)[-2] < 2 * 4 * 4 * 4


def test_refusals() -> None:
    data, four = nd.ones((2, 4, 3)), nd.ones(4)
    with pytest.raises(mx.errors.ShapeError, match="4 channels can't be split into 3 groups"):
        nd.GroupNorm(data, nd.ones(3), nd.ones(3), num_groups=3)
    with pytest.raises(mx.errors.ShapeError, match="nsize must be odd"):
        nd.LRN(data, nsize=2)
    with pytest.raises(mx.errors.NotSupportedError, match="ndev=2 is not supported; BatchNorm normalises by"):
        nd.contrib.SyncBatchNorm(data, four, four, four, four, key="bn", ndev=2)
    with pytest.raises(mx.errors.NotSupportedError, match="calibration ranges are for quantized networks"):
        nd.BatchNorm(data, four, four, four, four, min_calib_range=0.0)


@pytest.mark.parametrize("size", [1.0, 1e-3])
def test_batch_norms_gradient_fits_where_its_sums_do_not_fit_in_16_bits(size):
    draws = np.random.default_rng(0)
    data, cotangent = 100 * draws.normal(size=(8, 2, 16, 16)), size * draws.normal(size=(8, 2, 16, 16))

    def gradients(dtype):
        x, gamma, beta = nd.array(data, dtype=dtype), nd.ones((2,), dtype=dtype), nd.zeros((2,), dtype=dtype)
        for each in (x, gamma, beta):
            each.attach_grad()
        with autograd.record():
            out = nd.BatchNorm(
                x, gamma, beta, nd.zeros((2,), dtype=dtype), nd.ones((2,), dtype=dtype), fix_gamma=False
            )
        out.backward(nd.array(cotangent, dtype=dtype))
        return [each.grad.asnumpy().astype(np.float64) for each in (x, gamma, beta)]

    for found, exact in zip(gradients("float16"), gradients("float64"), strict=True):
        np.testing.assert_allclose(found, exact, rtol=0, atol=0.02 * abs(exact).max())
