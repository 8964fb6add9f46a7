"""MXNet's paths: what its programs import by them is what the package has as attributes."""

import importlib
import subprocess
import sys

import numpy as np
import pytest

import workbench as mx

PATHS = [
    "attribute", "autograd", "base", "callback", "context", "contrib", "engine", "executor", "init", "initializer",
    "io", "kvstore", "lr_scheduler", "metric", "monitor", "name", "nd", "ndarray", "operator", "optimizer", "profiler",
    "random", "recordio", "sym", "symbol", "test_utils",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_module_is_imported_by_mxnets_path(path):
    assert importlib.import_module(f"workbench.{path}") is getattr(mx, path)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("ndarray.random", "uniform"),
        ("ndarray.linalg", "gemm2"),
        ("symbol.contrib", "foreach"),
        ("model", "load_checkpoint"),
        ("mod", "Module"),
        ("visualization", "print_summary"),
        ("gluon.data.vision.datasets", "FashionMNIST"),
        ("autograd", "record"),
        ("executor", "Executor"),
        ("contrib.sym", "foreach"),
        ("test_utils", "list_gpus"),
    ],
)
def test_names_are_imported_from_paths_inside(path, name):
    names: dict = {}
    exec(f"from workbench.{path} import {name}", names)
    found = mx
    for part in path.split("."):
        found = getattr(found, part)
    assert names[name] is getattr(found, name)


@pytest.mark.parametrize(
    ("path", "name", "public"),
    [
        ("io.io", "DataBatch", "io"),
        ("ndarray.ndarray", "NDArray", "nd"),
        ("symbol.symbol", "Symbol", "sym"),
        ("optimizer.optimizer", "SGD", "optimizer"),
        ("kvstore.kvstore", "KVStore", "kvstore"),
        ("gluon.nn.basic_layers", "Dense", "gluon.nn"),
        ("gluon.nn.conv_layers", "Conv2D", "gluon.nn"),
        ("gluon.nn.activations", "Activation", "gluon.nn"),
        ("gluon.rnn.rnn_cell", "LSTMCell", "gluon.rnn"),
        ("gluon.rnn.rnn_layer", "LSTM", "gluon.rnn"),
        ("rnn.rnn_cell", "LSTMCell", "rnn"),
        ("rnn.io", "BucketSentenceIter", "rnn"),
    ],
)
def test_mxnets_files_are_paths_too(path, name, public):
    names: dict = {}
    exec(f"import workbench.{path} as file\nfrom workbench.{path} import {name}", names)
    found = mx
    for part in public.split("."):
        found = getattr(found, part)
    assert names[name] is getattr(names["file"], name) is getattr(found, name)


def test_base_tells_kinds_of_values_apart():
    assert isinstance("x", mx.base.string_types)
    assert isinstance(np.float32(1), mx.base.numeric_types)
    assert isinstance(np.int64(1), mx.base.integer_types)
    assert not isinstance(1.0, mx.base.integer_types)


def test_what_a_package_holds_is_not_loaded_a_second_time():
    """Its classes would be others, and register themselves once more."""
    from workbench.train.optimizer import sgd

    assert importlib.import_module("workbench.optimizer.sgd") is sgd
    with pytest.raises(ModuleNotFoundError, match=r"'workbench.mod' is not a package"):
        importlib.import_module("workbench.mod.base_module")


def test_the_modules_that_are_loaded_later_still_are():
    code = "import sys, workbench.model; assert 'workbench.module' not in sys.modules; workbench.model.FeedForward"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_program_catches_errors_by_mxnets_name():
    """The way published programs choose a device."""
    assert mx.MXNetError is mx.base.MXNetError
    try:
        mx.nd.array([0], ctx=mx.gpu(99))
    except mx.base.MXNetError:
        ctx = mx.cpu()
    assert ctx is mx.cpu()


def test_a_path_that_is_nobodys_is_refused():
    with pytest.raises(ModuleNotFoundError, match="nosuch"):
        importlib.import_module("workbench.nosuch")
