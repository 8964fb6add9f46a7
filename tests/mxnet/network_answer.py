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
    from tests.networks.values import facts, step

    network = NETWORKS[name]
    symbol = network.build(mx)
    symbol.save(str(folder / "theirs.json"))
    read = mx.sym.load(str(folder / "ours.json"))
    (folder / "facts.json").write_text(
        json.dumps({"built": facts(symbol, network.image), "read": facts(read, network.image)})
    )
    np.savez(folder / "answers.npz", **step(mx, symbol, network.image, network.dtype))


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
