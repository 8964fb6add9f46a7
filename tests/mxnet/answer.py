"""Run by the Python that has MXNet 1.9.1, in a process of its own: it calls operators and writes what they give.

``python answer.py FOLDER`` reads `calls.json` and `arrays.npz` there and writes `answers.json` and `answers.npz`.
The array `<call>:in<i>` is an input and `<call>:head<i>` a cotangent; the answers are `<call>:out<i>`,
`<call>:grad<i>` of the inputs that move, and `<call>:after<i>`, the inputs it writes to.
It stands alone: the other environment has neither the workbench nor its tests.
"""

import json
import sys
from pathlib import Path

import mxnet as mx
import numpy as np

SPACES = [mx.nd, mx.nd._internal]
PREFIXED = [(f"_{name}_", getattr(mx.nd, name)) for name in ("contrib", "linalg", "image")]


def find(op: str):
    for space in SPACES:
        if hasattr(space, op):
            return getattr(space, op)
    for prefix, space in PREFIXED:
        if op.startswith(prefix) and hasattr(space, op[len(prefix) :]):
            return getattr(space, op[len(prefix) :])
    raise LookupError(f"MXNet has no operator {op!r}")


def arguments(attrs: dict) -> dict:
    """JSON has no tuples, and MXNet takes no lists."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in attrs.items()}


def answer(call: dict, arrays: dict) -> dict:
    key = call["key"]
    inputs = [mx.nd.array(a, dtype=a.dtype) for a in arrays["in"]]
    for i in call["moving"]:
        inputs[i].attach_grad()
    with mx.autograd.record(train_mode=call["train"]):
        into = {"out": [inputs[i] for i in call["into"]]} if call["into"] else {}
        out = find(call["op"])(*inputs, **arguments(call["attrs"]), **into)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    found = {f"{key}:out{i}": o.asnumpy() for i, o in enumerate(outputs)}
    if call["moving"]:
        heads = [mx.nd.array(h, dtype=o.dtype) for h, o in zip(arrays["head"], outputs, strict=False)]
        mx.autograd.backward(outputs, heads, train_mode=call["train"])
        found.update({f"{key}:grad{i}": inputs[i].grad.asnumpy() for i in call["moving"]})
    found.update(
        {f"{key}:after{i}": inputs[i].asnumpy() for i in call["written"]}
    )  # by some only in backward
    return found


def main(folder: Path) -> None:
    calls = json.loads((folder / "calls.json").read_text())
    stored = np.load(folder / "arrays.npz")
    answers, errors = {}, {}
    for call in calls:
        arrays = {
            kind: [stored[f"{call['key']}:{kind}{i}"] for i in range(call[kind])] for kind in ("in", "head")
        }
        try:
            answers.update(answer(call, arrays))
        except Exception as error:  # whatever MXNet refuses is an answer too
            errors[call["key"]] = f"{type(error).__name__}: {error}"[:600]
    np.savez(folder / "answers.npz", **answers)
    (folder / "answers.json").write_text(json.dumps(errors))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
