import logging

import numpy as np
import pytest

from workbench.errors import ArgumentError, SymbolFileError
from workbench.imperative import nd
from workbench.symbolic import sym
from workbench.train import checkpoint


def test_what_is_saved_is_loaded(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    prefix = str(tmp_path / "net")
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    weight = np.arange(6, dtype=np.float32).reshape(3, 2)
    checkpoint.save_checkpoint(prefix, 7, net, {"fc_weight": nd.array(weight)}, {"mean": nd.zeros((2,))})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net-0007.params", "net-symbol.json"]
    assert caplog.messages == [f'Saved checkpoint to "{prefix}-0007.params"']
    symbol, arg, aux = checkpoint.load_checkpoint(prefix, 7)
    assert symbol.list_arguments() == net.list_arguments()
    np.testing.assert_array_equal(arg["fc_weight"].asnumpy(), weight)
    assert list(aux) == ["mean"]


def test_other_files_are_refused(tmp_path):
    path = str(tmp_path / "net-0001.params")
    nd.save(path, [nd.zeros((1,))])
    with pytest.raises(SymbolFileError, match="holds a list of arrays, not parameters by name"):
        checkpoint.load_params(str(tmp_path / "net"), 1)
    for name in ("fc_weight", "param:fc_weight"):
        nd.save(path, {name: nd.zeros((1,))})
        with pytest.raises(SymbolFileError, match=f"'{name}' is neither 'arg:…' nor 'aux:…'"):
            checkpoint.load_params(str(tmp_path / "net"), 1)


def test_a_prefix_is_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match="a checkpoint's prefix is text, got None"):
        checkpoint.save_checkpoint(None, 1, sym.var("x"), {}, {})
    assert not list(tmp_path.iterdir())
