"""Parameters and data for a network, drawn from their names alone, so that two processes draw the same."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

Shape = Sequence[int]


def values(name: str, shape: Shape) -> np.ndarray:
    """What an input of this name and shape holds, float32."""
    rng = np.random.RandomState(zlib.crc32(name.encode()))
    if name.endswith("label"):
        return rng.randint(0, 10, shape).astype(np.float32)
    if name.endswith(("gamma", "var")):
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if name.endswith("weight"):
        return (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)
    return (rng.standard_normal(shape) * (1.0 if name == "data" else 0.1)).astype(np.float32)


def facts(symbol: Any, image: Shape) -> dict[str, Any]:
    """What a network is, in figures; the digest is of every name and shape in their order."""
    arguments, outputs, states = symbol.infer_shape(data=(2, *image))
    names = {
        "arguments": [*zip(symbol.list_arguments(), map(tuple, arguments))],  # noqa: B905
        "states": [*zip(symbol.list_auxiliary_states(), map(tuple, states))],  # noqa: B905
        "outputs": [*zip(symbol.list_outputs(), map(tuple, outputs))],  # noqa: B905
    }
    inputs = ("data", "softmax_label")
    return {
        "arguments": len(names["arguments"]),
        "states": len(names["states"]),
        "outputs": [[name, list(shape)] for name, shape in names["outputs"]],
        "parameters": sum(int(np.prod(s)) for n, s in names["arguments"] if n not in inputs),
        "digest": hashlib.sha256(repr(sorted(names.items())).encode()).hexdigest(),
    }


def step(mx: Any, symbol: Any, image: Shape, dtype: str) -> dict[str, np.ndarray]:
    """The output, the gradients and the states after one training step in either library."""
    inputs = {"data": (2, *image), "softmax_label": (2,)}
    executor = symbol.simple_bind(
        mx.cpu(), grad_req="write", type_dict=dict.fromkeys(inputs, dtype), **inputs
    )
    for arrays in (executor.arg_dict, executor.aux_dict):
        for key, array in arrays.items():
            array[:] = values(key, array.shape)
    executor.forward(is_train=True)
    executor.backward()
    found = {"output": executor.outputs[0].asnumpy()}
    found.update({f"gradient:{k}": g.asnumpy() for k, g in executor.grad_dict.items() if k not in inputs})
    found.update({f"state:{k}": a.asnumpy() for k, a in executor.aux_dict.items()})
    return found
