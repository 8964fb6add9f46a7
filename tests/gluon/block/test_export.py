"""A hybridized block as files, and back: as a `SymbolBlock`, as a `Module`'s checkpoint."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError
from workbench.gluon import SymbolBlock, nn
from workbench.imperative import autograd, nd
from workbench.symbolic import sym
from workbench.train.checkpoint import load_checkpoint

X = np.random.default_rng(0).normal(size=(2, 3, 6, 6)).astype(np.float32)


def network():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Conv2D(4, 3, activation="relu"), nn.BatchNorm(), nn.Flatten(), nn.Dense(3))
    net.initialize("xavier")
    net.hybridize()
    with autograd.record():  # so that the moving averages are not what they started as
        net(nd.array(X))
    return net


def test_what_is_exported_is_imported(tmp_path):
    net = network()
    expected = net(nd.array(X)).asnumpy()
    net.export(str(tmp_path / "net"), epoch=7)
    block = SymbolBlock.imports(tmp_path / "net-symbol.json", "data", tmp_path / "net-0007.params")
    np.testing.assert_allclose(block(nd.array(X)).asnumpy(), expected, rtol=1e-5, atol=1e-6)
    assert set(block.collect_params()) == set(net.collect_params())
    assert "batchnorm0_gamma" in block._structural()
    assert block.collect_params()["net_batchnorm0_running_mean"].grad_req == "null"
    assert repr(block) == "SymbolBlock(\n<Symbol net_dense0_fwd> : 1 -> 1\n)"


def test_an_export_is_a_checkpoint(tmp_path):
    net = network()
    net.export(str(tmp_path / "net"))
    symbol, arguments, states = load_checkpoint(str(tmp_path / "net"), 0)
    assert symbol.list_arguments() == ["data", *arguments]
    assert set(symbol.list_auxiliary_states()) == set(states)
    assert set(states) == {"net_batchnorm0_running_mean", "net_batchnorm0_running_var"}


def test_several_inputs_and_outputs(tmp_path):
    class Two(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            self.dense = nn.Dense(2)

        def hybrid_forward(self, F, a, b):
            return self.dense(a) + b, a * b

    net = Two()
    net.initialize()
    net.hybridize()
    a, b = nd.ones((2, 2)), nd.array([[1, 2], [3, 4]])
    expected = net(a, b)
    net.export(str(tmp_path / "two"))
    block = SymbolBlock.imports(
        tmp_path / "two-symbol.json", ["data0", "data1"], tmp_path / "two-0000.params"
    )
    for got, want in zip(block(a, b), expected, strict=True):
        np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-6)


def test_an_imported_network_learns_and_casts(tmp_path):
    net = network()
    net.export(str(tmp_path / "net"))
    block = SymbolBlock.imports(tmp_path / "net-symbol.json", ["data"], tmp_path / "net-0000.params")
    with autograd.record():
        block(nd.array(X)).sum().backward()
    assert np.abs(block.collect_params()["net_dense0_weight"].grad().asnumpy()).max() > 0
    block.cast("float16")
    kinds = {name: np.dtype(p.dtype).name for name, p in block.collect_params().items()}
    assert kinds["net_dense0_weight"] == "float16"
    assert kinds["net_batchnorm0_gamma"] == kinds["net_batchnorm0_running_var"] == "float32"
    assert block(nd.array(X, dtype="float16")).dtype == np.float16


def test_without_parameters_they_are_initialized(tmp_path):
    network().export(str(tmp_path / "net"))
    block = SymbolBlock.imports(tmp_path / "net-symbol.json", ["data"])
    block.initialize()
    assert block(nd.array(X)).shape == (2, 3)


def test_what_is_missing_is_named(tmp_path):
    net = nn.HybridSequential(prefix="late_")
    net.add(nn.Dense(1))
    net.initialize()
    with pytest.raises(NotInitializedError, match=r"late has no graph yet; call hybridize\(\)"):
        net.export(str(tmp_path / "late"))
    network().export(str(tmp_path / "net"))
    with pytest.raises(ArgumentError, match="has no input 'datum'; it has data, net_conv0_weight"):
        SymbolBlock.imports(tmp_path / "net-symbol.json", "datum")
    nd.save(tmp_path / "part.params", {"arg:net_conv0_bias": nd.zeros(4)})
    with pytest.raises(ArgumentError, match="has no value for parameter 'net_conv0_weight'"):
        SymbolBlock.imports(tmp_path / "net-symbol.json", "data", tmp_path / "part.params")
    block = SymbolBlock.imports(
        tmp_path / "net-symbol.json", "data", tmp_path / "part.params", allow_missing=True
    )
    assert block.collect_params()["net_conv0_bias"].is_initialized


def test_its_variables_keep_their_names_wherever_it_is_made():
    outer = nn.HybridSequential(prefix="outer_")
    with outer.name_scope():
        out = sym.FullyConnected(sym.var("x"), num_hidden=2, name="fc")
        outer.add(SymbolBlock(out, sym.var("x")))
    name = next(iter(outer.collect_params()))
    assert name.endswith("fc_weight")
