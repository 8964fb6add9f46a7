"""Run by the Python that has MXNet 1.9.1: builds networks, takes one training step's gradients, reads our files.

``python network_answer.py ROOT`` prints the facts of every network as JSON: what `tests/data/networks.json` holds.
``python network_answer.py ROOT FOLDER NAME`` reads `ours.json` in the folder, and writes `theirs.json` (the symbol),
`facts.json`, and `answers.npz`: ``output``, ``gradient:<argument>`` and ``state:<auxiliary state>``.
"""

import json
import sys
from pathlib import Path

import mxnet as mx
import numpy as np


def answer(folder: Path, name: str) -> None:
    from tests.networks import NETWORKS
    from tests.networks.values import facts, values

    network = NETWORKS[name]
    symbol = network.build(mx)
    symbol.save(str(folder / "theirs.json"))
    read = mx.sym.load(str(folder / "ours.json"))
    (folder / "facts.json").write_text(
        json.dumps({"built": facts(symbol, network.image), "read": facts(read, network.image)})
    )
    inputs = {"data": (2, *network.image), "softmax_label": (2,)}
    executor = symbol.simple_bind(
        mx.cpu(), grad_req="write", type_dict=dict.fromkeys(inputs, network.dtype), **inputs
    )
    for arrays in (executor.arg_dict, executor.aux_dict):
        for key, array in arrays.items():
            array[:] = values(key, array.shape)
    executor.forward(is_train=True)
    executor.backward()
    found = {"output": executor.outputs[0].asnumpy()}
    found.update({f"gradient:{k}": g.asnumpy() for k, g in executor.grad_dict.items() if k not in inputs})
    found.update({f"state:{k}": a.asnumpy() for k, a in executor.aux_dict.items()})
    np.savez(folder / "answers.npz", **found)


def main(root: str, *rest: str) -> None:
    sys.path.insert(0, root)
    from tests.networks import NETWORKS
    from tests.networks.values import facts

    if rest:
        answer(Path(rest[0]), rest[1])
    else:
        print(json.dumps({k: facts(n.build(mx), n.image) for k, n in NETWORKS.items()}, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
