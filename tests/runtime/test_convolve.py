"""A CPU's convolution is `lax.conv_general_dilated`, whatever it does to be fast."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import workbench as mx
from workbench.graph.bind import bind
from workbench.graph.segment import Segment
from workbench.ops import registry
from workbench.runtime import convolve as convolving
from workbench.runtime.compile import Executable
from workbench.runtime.convolve import convolve, held
from workbench.types import tensor_type

NUMBERS = {3: ("NWC", "WIO", "NWC"), 4: ("NHWC", "HWIO", "NHWC"), 5: ("NDHWC", "DHWIO", "NDHWC")}


def settings(ndim, stride=1, pad=0, lhs_dilation=1, rhs_dilation=1, groups=1, batch_groups=1):
    return {
        "window_strides": (stride,) * (ndim - 2),
        "padding": ((pad, pad),) * (ndim - 2),
        "lhs_dilation": (lhs_dilation,) * (ndim - 2),
        "rhs_dilation": (rhs_dilation,) * (ndim - 2),
        "feature_group_count": groups,
        "batch_group_count": batch_groups,
        "precision": None,
        "preferred_element_type": None,
    }


def draw(*shape):
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize("of_kernel", [False, True])
@pytest.mark.parametrize(
    ("images", "kernel", "chosen"),
    [
        ((2, 8, 8, 3), (3, 3, 3, 16), {"pad": 1}),
        ((2, 8, 8, 3), (3, 3, 3, 5), {"pad": 1}),
        ((2, 9, 9, 3), (3, 3, 3, 16), {}),
        ((2, 11, 11, 2), (3, 3, 2, 8), {"stride": 2, "pad": 1}),
        ((2, 12, 12, 20), (5, 5, 20, 50), {}),
        ((2, 8, 8, 4), (3, 3, 4, 64), {"pad": 1}),
        ((2, 8, 8, 4), (2, 2, 4, 4), {"lhs_dilation": 2, "pad": 1}),
        ((2, 9, 9, 4), (2, 2, 4, 4), {"rhs_dilation": 2}),
        ((2, 8, 8, 4), (3, 3, 2, 6), {"groups": 2}),
        ((4, 8, 8, 3), (3, 3, 3, 20), {"batch_groups": 2}),
        ((2, 8, 8, 4), (3, 3, 2, 6), {"groups": 2, "lhs_dilation": 2, "pad": 1}),
        ((2, 9, 9, 4), (3, 3, 1, 4), {"groups": 4, "pad": 1}),
        ((2, 9, 8, 4), (3, 2, 1, 8), {"groups": 4, "stride": 2, "pad": 1}),
        ((2, 9, 9, 3), (3, 3, 1, 3), {"groups": 3, "rhs_dilation": 2, "lhs_dilation": 2, "pad": 2}),
        ((2, 9, 9, 4), (9, 9, 1, 4), {"groups": 4, "pad": 1}),
        ((2, 9, 9, 4), (3, 3, 1, 4), {"groups": 4, "pad": -1}),
        ((6, 8, 8, 3), (6, 6, 3, 6), {"batch_groups": 6}),
        ((6, 8, 8, 3), (3, 3, 3, 12), {"batch_groups": 6, "stride": 2, "rhs_dilation": 2, "pad": 1}),
        ((4, 5, 5, 3), (3, 3, 3, 4), {"batch_groups": 4, "lhs_dilation": 2, "pad": 2}),
        ((3, 14, 14, 2), (3, 3, 2, 3), {"batch_groups": 3}),
        ((2, 6, 1), (1, 1, 2), {"batch_groups": 2, "stride": 3}),
        ((3, 5, 2), (2, 2, 6), {"batch_groups": 3, "stride": 3, "lhs_dilation": 3, "pad": 1}),
        ((2, 4, 4, 3), (6, 6, 1, 3), {"groups": 3}),
        ((3, 4, 4, 2), (6, 6, 2, 3), {"batch_groups": 3}),
        ((0, 4, 4, 3), (3, 3, 1, 3), {"groups": 3, "lhs_dilation": 2}),
        ((6, 8, 8, 3), (6, 6, 3, 8), {"batch_groups": 2, "lhs_dilation": 2, "pad": 1}),
        ((4, 9, 3), (3, 3, 4), {"batch_groups": 4, "pad": 1}),
        ((2, 5, 5, 5, 3), (2, 2, 2, 1, 3), {"groups": 3, "stride": 2}),
        ((2, 16, 3), (4, 3, 6), {"pad": 2, "stride": 2}),
        ((2, 4, 4, 4, 3), (2, 2, 2, 3, 6), {"pad": 1}),
    ],
)
def test_it_is_the_plain_convolution(images, kernel, chosen, of_kernel):
    given = settings(len(images), **chosen)
    with jax.enable_x64(True):
        x, w = jnp.asarray(draw(*images)), jnp.asarray(draw(*kernel))
        plain = lax.conv_general_dilated(x, w, dimension_numbers=NUMBERS[x.ndim], **given)
        found = convolve(x, w, of_kernel, **given)
    assert found.dtype == plain.dtype
    np.testing.assert_allclose(found, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("filters", "kernel", "stride", "width", "copies"),
    [
        (16, 3, 1, 32, 2),
        (32, 3, 1, 16, 1),
        (64, 3, 1, 8, 1),
        (16, 3, 1, 31, 1),
        (32, 1, 2, 16, 1),
        (4, 3, 1, 32, 4),
    ],
)
def test_outputs_become_filters_where_those_are_few(filters, kernel, stride, width, copies):
    assert convolving._copies(filters, kernel, stride, width) == copies


def test_what_is_held_is_unchanged():
    values = np.array([0.0, -0.0, 1.5, np.inf, -np.inf, np.nan], np.float32)
    np.testing.assert_array_equal(held(jnp.asarray(values)), values)
    assert held(jnp.arange(3)).dtype == jnp.arange(3).dtype


@pytest.mark.parametrize(
    ("images", "kernel", "groups"),
    [((2, 8, 8, 3), (3, 3, 1, 3), {"groups": 3}), ((3, 8, 8, 2), (6, 6, 2, 3), {"batch_groups": 3})],
)
def test_a_result_of_another_type_is_left_to_xla(images, kernel, groups):
    x, w = jnp.asarray(draw(*images), jnp.float32), jnp.asarray(draw(*kernel), jnp.float32)
    with jax.enable_x64(True):
        given = settings(len(images), **groups) | {"preferred_element_type": np.dtype(np.float64)}
        assert convolve(x, w, False, **given).dtype == np.float64


@pytest.fixture
def asked_anew():
    convolving.options.cache_clear()
    yield
    convolving.options.cache_clear()


@pytest.mark.usefixtures("asked_anew")
def test_this_xla_knows_the_option(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    assert convolving.options() == convolving.OPTIONS


@pytest.mark.usefixtures("asked_anew")
def test_an_xla_without_the_option_is_told_nothing(monkeypatch):
    monkeypatch.setattr(convolving, "OPTIONS", {"xla_cpu_no_such_option": "LIBRARY_FUSION_TYPE_REDUCE"})
    assert convolving.options() == {}


@pytest.mark.usefixtures("asked_anew")
def test_who_chose_a_library_keeps_it(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", f"--{convolving.LIBRARY}=dot")
    assert convolving.options() == {}


def compiled(monkeypatch, told):
    """A convolution as XLA compiled it, told this."""
    monkeypatch.setattr(convolving, "options", lambda: told)
    types = tuple(tensor_type(shape, "float32") for shape in ((32, 32, 16, 16), (32, 32, 3, 3)))
    bound, _ = bind(
        registry.get("Convolution"), {"kernel": (3, 3), "pad": (1, 1), "num_filter": 32, "no_bias": True}
    )
    return Executable(Segment(((bound, (~0, ~1)),), types, (0,), mx.cpu())).hlo


def test_a_program_with_a_convolution_is_told_and_another_library_takes_it(monkeypatch):
    if "ynn_fusion" not in compiled(monkeypatch, {}):
        pytest.skip("XLA gives this convolution to no other library of its own accord")
    assert "ynn_fusion" not in compiled(monkeypatch, convolving.OPTIONS)
