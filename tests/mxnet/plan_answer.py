"""Run by the Python that has MXNet 1.9.1: what its executor plans to allocate, in MiB.

``python plan_answer.py FOLDER`` reads `symbol.json` and `shapes.json` there.
"""

import json
import sys
from pathlib import Path

import mxnet as mx


def main(folder: Path) -> None:
    symbol = mx.sym.load(str(folder / "symbol.json"))
    shapes = {name: tuple(shape) for name, shape in json.loads((folder / "shapes.json").read_text()).items()}
    executor = symbol.simple_bind(mx.cpu(), grad_req="write", **shapes)
    print(executor.debug_str().split("\n")[-3].split()[1])


main(Path(sys.argv[1]))
