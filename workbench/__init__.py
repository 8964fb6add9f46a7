"""The workbench: MXNet 1.x's two programming styles on one graph, run by JAX.

``import workbench as mx`` runs programs written for MXNet 1.x against the supported operators.
"""

from importlib import import_module as _import_module
from importlib.metadata import PackageNotFoundError as _PackageNotFoundError
from importlib.metadata import version as _version
from sys import modules as _modules
from typing import TYPE_CHECKING as _TYPE_CHECKING

from workbench.aliases import importable as _importable
from workbench.collector import look_less_often as _look_less_often
from workbench.collector import resting as _resting

with _resting():
    from workbench import base as base
    from workbench import contrib as contrib
    from workbench import datasets as datasets
    from workbench import errors as errors
    from workbench.errors import MXNetError as MXNetError
    from workbench.graph import cut as cut
    from workbench.graph import passes as passes
    from workbench.imperative import custom as operator
    from workbench.imperative import nd as nd
    from workbench.imperative import random as random
    from workbench.runtime import device as context
    from workbench.runtime import engine as engine
    from workbench.runtime import profiler as profiler
    from workbench.runtime import trace as trace
    from workbench.runtime.device import Context as Context
    from workbench.runtime.device import cpu as cpu
    from workbench.runtime.device import current_context as current_context
    from workbench.runtime.device import gpu as gpu
    from workbench.runtime.device import num_gpus as num_gpus
    from workbench.symbolic import autograd as autograd
    from workbench.symbolic import executor as executor
    from workbench.symbolic import memory as memory
    from workbench.symbolic import naming as attribute
    from workbench.symbolic import naming as name
    from workbench.symbolic import sym as sym
    from workbench.symbolic.naming import AttrScope as AttrScope
    from workbench.train import callback as callback
    from workbench.train import initializer as initializer
    from workbench.train import io as io
    from workbench.train import kvstore as kvstore
    from workbench.train import lr_scheduler as lr_scheduler
    from workbench.train import metric as metric
    from workbench.train import monitor as monitor
    from workbench.train import optimizer as optimizer
    from workbench.train.io import recordio as recordio
    from workbench.train.resuming import Checkpoint as Checkpoint
    from workbench.types import Quantity as Quantity

_look_less_often()

# MXNet's other names for the same modules.
init = initializer
kv = kvstore
mon = monitor
ndarray = nd
rnd = random
symbol = sym

if _TYPE_CHECKING:
    from workbench import contraction as contraction
    from workbench import experiments as experiments
    from workbench import gluon as gluon
    from workbench import ledger as ledger
    from workbench import module as module
    from workbench import networks as networks
    from workbench import parallel as parallel
    from workbench import rnn as rnn
    from workbench import tensor as tensor
    from workbench import test_utils as test_utils
    from workbench import viz as viz
    from workbench.module import model as model

    mod = module
    visualization = viz

# Loaded when they are first used, so that starting takes little longer than starting JAX.
_LATER = {
    "contraction": "workbench.contraction",
    "experiments": "workbench.experiments",
    "gluon": "workbench.gluon",
    "ledger": "workbench.ledger",
    "mod": "workbench.module",
    "model": "workbench.module.model",
    "module": "workbench.module",
    "networks": "workbench.networks",
    "parallel": "workbench.parallel",
    "rnn": "workbench.rnn",
    "tensor": "workbench.tensor",
    "test_utils": "workbench.test_utils",
    "visualization": "workbench.viz",
    "viz": "workbench.viz",
}

_importable(
    __name__,
    {
        "attribute": attribute,
        "autograd": autograd,
        "callback": callback,
        "context": context,
        "contrib.nd": nd.contrib,
        "contrib.ndarray": nd.contrib,
        "contrib.sym": sym.contrib,
        "contrib.symbol": sym.contrib,
        "engine": engine,
        "executor": executor,
        "gluon.nn.activations": "workbench.gluon.nn",
        "gluon.nn.basic_layers": "workbench.gluon.nn",
        "gluon.nn.conv_layers": "workbench.gluon.nn",
        "gluon.rnn.rnn_cell": "workbench.gluon.rnn",
        "gluon.rnn.rnn_layer": "workbench.gluon.rnn",
        "init": init,
        "initializer": initializer,
        "io": io,
        "io.io": io,
        "kvstore": kvstore,
        "kvstore.kvstore": kvstore,
        "lr_scheduler": lr_scheduler,
        "metric": metric,
        "mod": _LATER["mod"],
        "model": _LATER["model"],
        "monitor": monitor,
        "name": name,
        "nd": nd,
        "ndarray": nd,
        "ndarray.contrib": nd.contrib,
        "ndarray.image": nd.image,
        "ndarray.linalg": nd.linalg,
        "ndarray.ndarray": nd,
        "ndarray.op": nd,
        "ndarray.random": nd.random,
        "operator": operator,
        "optimizer": optimizer,
        "optimizer.optimizer": optimizer,
        "profiler": profiler,
        "random": random,
        "recordio": recordio,
        "rnn.io": _LATER["rnn"],
        "rnn.rnn": _LATER["rnn"],
        "rnn.rnn_cell": _LATER["rnn"],
        "sym": sym,
        "symbol": sym,
        "symbol.contrib": sym.contrib,
        "symbol.image": sym.image,
        "symbol.linalg": sym.linalg,
        "symbol.op": sym,
        "symbol.random": sym.random,
        "symbol.symbol": sym,
        "visualization": _LATER["visualization"],
    },
)

if "IPython" in _modules:  # in a notebook, errors end at the reader's own line
    _import_module("workbench.viz.traceback").shorten_tracebacks()

try:
    __version__ = _version("dl-workbench")
except _PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0.0.0"

__all__ = [
    "AttrScope",
    "Checkpoint",
    "Context",
    "MXNetError",
    "Quantity",
    "__version__",
    "attribute",
    "autograd",
    "base",
    "callback",
    "context",
    "contraction",
    "contrib",
    "cpu",
    "current_context",
    "cut",
    "datasets",
    "engine",
    "errors",
    "executor",
    "experiments",
    "gluon",
    "gpu",
    "init",
    "initializer",
    "io",
    "kv",
    "kvstore",
    "ledger",
    "lr_scheduler",
    "memory",
    "metric",
    "mod",
    "model",
    "module",
    "mon",
    "monitor",
    "name",
    "nd",
    "ndarray",
    "networks",
    "num_gpus",
    "operator",
    "optimizer",
    "parallel",
    "passes",
    "profiler",
    "random",
    "recordio",
    "rnd",
    "rnn",
    "sym",
    "symbol",
    "tensor",
    "test_utils",
    "trace",
    "visualization",
    "viz",
]


_INSTEAD = {  # of MXNet's other names
    "image": "use gluon.data.vision.transforms or nd.image",
    "img": "use gluon.data.vision.transforms or nd.image",
    "np": "use nd, and NDArray.asnumpy() where NumPy goes on",
    "npx": "use nd, and NDArray.asnumpy() where NumPy goes on",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        found = globals()[name] = _import_module(_LATER[name])
        return found
    if name in _INSTEAD:
        raise errors.UnknownNameError(f"workbench has no {name!r}: {_INSTEAD[name]}.")
    raise errors.unknown_name("workbench", name, __all__)


def __dir__() -> list[str]:
    return __all__
