"""Run by the Python that has MXNet 1.9.1: prints its names as JSON, what `lessons/reference/mxnet_names.json` holds.

Operators as {name: [its aliases, its attributes]}; modules and classes as {path: [public names]}.  Names only.
"""

import ctypes
import importlib
import json

import mxnet as mx
from mxnet.base import _LIB, OpHandle, c_str, check_call, mx_uint, py_str

MODULES = [
    "nd",
    "sym",
    "autograd",
    "gluon",
    "gluon.nn",
    "gluon.rnn",
    "gluon.loss",
    "gluon.data",
    "gluon.data.vision",
    "gluon.data.vision.transforms",
    "gluon.utils",
    "gluon.model_zoo.vision",
    "gluon.contrib.nn",
    "gluon.contrib.rnn",
    "nd.contrib",
    "sym.contrib",
    "nd.linalg",
    "sym.linalg",
    "nd.random",
    "sym.random",
    "module",
    "io",
    "init",
    "optimizer",
    "lr_scheduler",
    "metric",
    "callback",
    "model",
    "rnn",
    "random",
    "profiler",
    "monitor",
    "viz",
    "kvstore",
    "engine",
    "name",
    "attribute",
    "context",
    "operator",
    "recordio",
    "image",
]
CLASSES = [
    "nd.NDArray",
    "sym.Symbol",
    "executor.Executor",
    "autograd.Function",
    "gluon.Block",
    "gluon.HybridBlock",
    "gluon.SymbolBlock",
    "gluon.Parameter",
    "gluon.Constant",
    "gluon.ParameterDict",
    "gluon.Trainer",
    "module.BaseModule",
    "module.Module",
    "module.BucketingModule",
    "module.SequentialModule",
    "module.PythonModule",
    "module.PythonLossModule",
    "io.DataIter",
    "io.NDArrayIter",
    "optimizer.Optimizer",
    "optimizer.Updater",
    "metric.EvalMetric",
    "init.Initializer",
    "monitor.Monitor",
    "context.Context",
    "rnn.BaseRNNCell",
]
INTERNAL = {"get_indexing_dispatch_code", "get_oshape_of_gather_nd_op", "indexing_key_expand_implicit_axes"}
OTHERS = (
    "_np",
    "_backward",
    "_sg_",
    "_sparse_",
    "_scatter",
    "_grad_add",
    "_cv",
    "_Native",
    "_NDArray",
    "_TensorRT",
)


def operator(name: str) -> tuple[str, list[str]]:
    """An operator's own name, and its attributes."""
    handle, count = OpHandle(), mx_uint()
    check_call(_LIB.NNGetOpHandle(c_str(name), ctypes.byref(handle)))
    own, doc, key, kind = (ctypes.c_char_p() for _ in range(4))
    names, types, docs = (ctypes.POINTER(ctypes.c_char_p)() for _ in range(3))
    found = (own, doc, count, names, types, docs, key, kind)
    check_call(_LIB.MXSymbolGetAtomicSymbolInfo(handle, *map(ctypes.byref, found)))
    described = [(py_str(names[i]), py_str(types[i])) for i in range(count.value)]
    return py_str(own.value), [n for n, t in described if "NDArray" not in t and not t.startswith("Symbol")]


def operators() -> dict[str, list[list[str]]]:
    size, listed = mx_uint(), ctypes.POINTER(ctypes.c_char_p)()
    check_call(_LIB.MXListAllOpNames(ctypes.byref(size), ctypes.byref(listed)))
    found: dict[str, list[list[str]]] = {}
    for name in sorted(py_str(listed[i]) for i in range(size.value)):
        if not name.startswith(OTHERS):
            own, attributes = operator(name)
            entry = found.setdefault(own, [[], [a for a in attributes if a not in ("num_args", "ctx")]])
            entry[0] += [name] * (name != own)
    return {name: entry for name, entry in found.items() if not name.startswith(OTHERS)}


def resolve(path: str):
    parent, _, last = path.rpartition(".")
    try:
        return importlib.import_module(f"mxnet.{path}")
    except ImportError:
        return getattr(resolve(parent) if parent else mx, last)


def public(space, path: str, names: set[str]) -> list[str]:
    """What a module defines for its users: no operators, modules, or things it merely imports."""
    homes = (space.__name__, "mxnet.ndarray.random") if path == "random" else (space.__name__,)
    prefix = f"_{path.rpartition('.')[2]}_" if path.startswith(("nd.", "sym.")) else ""
    generated = names if path.startswith(("nd", "sym")) and not path.endswith("random") else set()
    found = {
        name
        for name in dir(space)
        if callable(thing := getattr(space, name))
        and str(getattr(thing, "__module__", "")).startswith(homes)
        and not name.startswith("_")
        and not {name, prefix + name} & generated
    }
    return sorted(found - INTERNAL)


def main() -> None:
    ops = operators()
    names = {n for own, (aliases, _) in ops.items() for n in (own, *aliases)}
    surface = {path: public(resolve(path), path, names) for path in MODULES}
    for path in CLASSES:
        module, _, name = path.rpartition(".")
        surface[path] = sorted(n for n in dir(getattr(resolve(module), name)) if not n.startswith("_"))
    print(json.dumps({"operators": ops, "surface": surface}, separators=(",", ":")).replace("],", "],\n"))


if __name__ == "__main__":
    main()
