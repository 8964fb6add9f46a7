"""Runs an unrolled cell on random values, and says what they were."""

import numpy as np

from workbench.imperative import nd
from workbench.runtime.device import cpu
from workbench.symbolic import sym


def run(outputs, seed=0, is_train=False, **shapes):
    """(outputs, values by name) as NumPy, of one symbol or a list."""
    symbol = sym.Group(outputs) if isinstance(outputs, list) else outputs
    executor = symbol.simple_bind(cpu(), grad_req="null", **shapes)
    rng = np.random.default_rng(seed)
    for array in executor.arg_dict.values():
        array[:] = nd.array(rng.normal(size=array.shape) * 0.5)
    found = [a.asnumpy() for a in executor.forward(is_train)]
    return found, {n: a.asnumpy() for n, a in executor.arg_dict.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
