"""A program with its images turned around computes what it did before, and turns them seldom."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from workbench.graph.bind import bind
from workbench.graph.segment import Segment
from workbench.ops import registry
from workbench.runtime.channels_last import channels_last, has_convolution
from workbench.runtime.compile import Executable
from workbench.runtime.device import cpu
from workbench.types import tensor_type


def draw(*shape):
    return jnp.asarray(np.random.default_rng(len(shape)).normal(size=shape))


def conv(x, w, **options):
    numbers = ("NCHW", "OIHW", "NCHW") if x.ndim == 4 else ("NCH", "OIH", "NCH")
    return lax.conv_general_dilated(x, w, (1,) * (x.ndim - 2), "SAME", dimension_numbers=numbers, **options)


def normalised(x):
    mean = x.mean((0, 2, 3), keepdims=True)
    return (x - mean) / jnp.sqrt(jnp.square(x - mean).mean((0, 2, 3), keepdims=True) + 1e-5)


def network(x, first, second):
    """Two convolutions with what stands between them in a network: normalisation, rectifier, pooling, a sum."""
    hidden = jax.nn.relu(normalised(conv(x, first)))
    pooled = jnp.maximum(
        hidden[:, :, ::2, ::2], jnp.pad(hidden, ((0, 0), (0, 0), (0, 1), (0, 1)))[:, :, 1::2, 1::2]
    )
    return jnp.tanh(conv(pooled, second) + pooled).mean((2, 3))


def step(x, first, second):
    return jax.value_and_grad(lambda *given: network(*given).sum(), argnums=(0, 1, 2))(x, first, second)


PROGRAMS = {
    "a step": (step, ((2, 3, 8, 8), (4, 3, 3, 3), (4, 4, 3, 3))),
    "one axis": (lambda x, w: jnp.exp(conv(x, w)).sum(2), ((2, 3, 8), (4, 3, 3))),
    "channels": (lambda x, w: conv(x, w).sum(1), ((2, 3, 8, 8), (4, 3, 3, 3))),
    "places": (lambda x, w: (conv(x, w).argmax(1), conv(x, w).reshape(2, -1)), ((2, 3, 8, 8), (4, 3, 3, 3))),
    "images": (lambda x, w: (conv(x, w), conv(x, w) * x[:, :1]), ((2, 3, 8, 8), (4, 3, 3, 3))),
    "turns": (
        lambda x, w: jnp.moveaxis(conv(jnp.moveaxis(x, -1, 1), w), 1, -1) + 1,
        ((2, 8, 8, 3), (4, 3, 3, 3)),
    ),
    "other orders": (
        lambda x, w: lax.conv_general_dilated(
            x, w, (1, 1), "SAME", dimension_numbers=("HWNC", "IHWO", "NHWC")
        ),
        ((8, 8, 2, 3), (3, 3, 3, 4)),
    ),
    "a branch": (
        lambda x, w: lax.cond(x.sum() > 0, lambda y: y * 2, lambda y: y, conv(x, w)),
        ((2, 3, 8, 8), (4, 3, 3, 3)),
    ),
    "broadcasts": (
        lambda x, w: jnp.where(
            conv(x, w) > 0, jnp.broadcast_to(w[:, 0, 0, 0][:, None, None], (2, 4, 8, 8)), 0.5
        ),
        ((2, 3, 8, 8), (4, 3, 3, 3)),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_does_the_same(name):
    program, shapes = PROGRAMS[name]
    with jax.enable_x64(True):
        given = [draw(*shape) for shape in shapes]
        closed = jax.make_jaxpr(program)(*given)
        assert has_convolution(closed.jaxpr)
        found = jax.jit(channels_last(closed))(*given)
        for turned, plain in zip(found, jax.tree.leaves(program(*given)), strict=True):
            assert (turned.shape, turned.dtype) == (plain.shape, plain.dtype)
            np.testing.assert_allclose(turned, plain, rtol=1e-10, atol=1e-10)


def turns(closed, ndim=4, least=300):
    """How often an array of images is transposed; a kernel is smaller."""
    return sum(
        eqn.primitive.name == "transpose"
        and eqn.invars[0].aval.ndim == ndim
        and eqn.invars[0].aval.size > least
        for eqn in closed.jaxpr.eqns
    )


def test_images_are_turned_at_the_ends_of_a_chain_only():
    given = [jnp.ones(shape, jnp.float32) for shape in ((2, 3, 8, 8), (4, 3, 3, 3))]
    middle = jnp.ones((4, 4, 3, 3), jnp.float32)

    def chain(x, w):
        for _ in range(5):
            x = jax.nn.relu(normalised(conv(x, w))) * 2
            w = middle
        return x

    assert turns(jax.make_jaxpr(channels_last(jax.make_jaxpr(chain)(*given)))(*given)) == 2


def test_a_segment_with_a_convolution_is_turned_on_a_cpu():
    convolution, _ = bind(registry.get("Convolution"), {"kernel": (3, 3), "num_filter": 4, "no_bias": True})
    types = tuple(tensor_type(shape, "float32") for shape in ((2, 3, 8, 8), (4, 3, 3, 3)))
    made = Executable(Segment(((convolution, (~0, ~1)),), types, (0,), cpu()))
    assert "dim_labels=b01f_01io->b01f" in made.hlo


def test_a_program_without_one_is_left_alone():
    assert not has_convolution(jax.make_jaxpr(lambda x: jax.nn.relu(x) @ x)(jnp.ones((3, 3))).jaxpr)
