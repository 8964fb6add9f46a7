"""Prints the seconds that a cell of 30 operations takes in a fresh process: ``workbench`` (bulked) or ``jax`` (eager).

Imports are done, and the backend is up, before the clock starts.
"""

import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

SIZE = 24
VALUES = np.linspace(0.1, 0.9, SIZE * SIZE, dtype=np.float32).reshape(SIZE, SIZE)


def by_workbench() -> float:
    """The cell as operations on NDArrays."""
    import workbench as mx

    nd, x = mx.nd, mx.nd.array(VALUES)
    start = time.perf_counter()
    for f in (nd.exp, nd.log, nd.sin, nd.cos, nd.tanh, nd.sigmoid, nd.square, nd.sqrt, nd.abs, nd.erf):
        x = f(x) + 0.5
    for scale in (2.0, 3.0):
        x = nd.dot(x, x.T) / (scale * SIZE)
    x = nd.transpose(nd.maximum(x, 0.25)) - nd.mean(x)
    x.asnumpy()
    return time.perf_counter() - start


def by_jax() -> float:
    """The same operations, eagerly."""
    x = jax.device_put(VALUES)
    erf = jax.scipy.special.erf
    start = time.perf_counter()
    for f in (
        jnp.exp,
        jnp.log,
        jnp.sin,
        jnp.cos,
        jnp.tanh,
        jax.nn.sigmoid,
        jnp.square,
        jnp.sqrt,
        jnp.abs,
        erf,
    ):
        x = f(x) + 0.5
    for scale in (2.0, 3.0):
        x = jnp.dot(x, x.T) / (scale * SIZE)
    x = jnp.transpose(jnp.maximum(x, 0.25)) - jnp.mean(x)
    np.asarray(x)
    return time.perf_counter() - start


jax.block_until_ready(jax.device_put(VALUES))
print({"workbench": by_workbench, "jax": by_jax}[sys.argv[1]]())
