"""Run by the Python that has MXNet 1.9.1: describes every network of its model zoo, one line of JSON each.

``python describe_networks.py > mxnet_parameters.json`` makes the file beside `tests/gluon/model_zoo`.
It stands alone: the other environment has neither the workbench nor its tests.
"""

import hashlib
import json
import math
import sys

import mxnet as mx

NAMES = [
    *[f"resnet{n}_v{v}" for v in (1, 2) for n in (18, 34, 50, 101, 152)],
    *[f"vgg{n}{end}" for end in ("", "_bn") for n in (11, 13, 16, 19)],
    "alexnet",
    *[f"densenet{n}" for n in (121, 161, 169, 201)],
    *["squeezenet1.0", "squeezenet1.1", "inceptionv3"],
    *[f"mobilenet{n}" for n in ("1.0", "0.75", "0.5", "0.25")],
    *[f"mobilenetv2_{n}" for n in ("1.0", "0.75", "0.5", "0.25")],
]


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def described(name):
    net = mx.gluon.model_zoo.vision.get_model(name)
    graph = net(mx.sym.var("data"))
    size = 299 if name == "inceptionv3" else 224
    arguments, _, states = graph.infer_shape(data=(2, 3, size, size))
    shapes = dict(zip(graph.list_arguments(), arguments, strict=True))
    shapes.update(zip(graph.list_auxiliary_states(), states, strict=True))
    del shapes["data"]
    start = len(net.prefix)
    lines = [f"{key[start:]} {shape}" for key, shape in shapes.items()]
    places = sorted(net._collect_params_with_prefix().items())
    return {
        "arguments": len(arguments),
        "auxiliary": len(states),
        "elements": sum(math.prod(shape) for shape in shapes.values()),
        "digest": digest(lines + [key[start:] for key in graph.list_outputs()]),
        "structure": digest([f"{place} {shapes[p.name]}" for place, p in places]),
    }


if __name__ == "__main__":
    rows = [f"{json.dumps(name)}: {json.dumps(described(name))}" for name in NAMES]
    sys.stdout.write("{\n" + ",\n".join(rows) + "\n}\n")
