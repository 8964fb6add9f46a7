"""What every layer with factorised weights is asked: both styles agree, files give it back, it learns."""

import numpy as np

from workbench import autograd, nd, sym
from workbench.gluon import SymbolBlock


def check(make, x, path, expected=None, tolerance=1e-5):
    """Runs a fresh layer of `make` on an array imperatively, hybridized, as a symbol and from its files."""
    layer = make(prefix="layer_")
    layer.initialize()
    data = nd.array(x)
    with autograd.record():
        out = layer(data)
    out.backward()
    grads = [p.grad().asnumpy() for p in layer.factors]
    want = out.asnumpy() if expected is None else expected(layer)
    close(out.asnumpy(), want, tolerance)
    layer.hybridize()
    with autograd.record():
        hybrid = layer(data)
    hybrid.backward()
    close(hybrid.asnumpy(), want, tolerance)
    for parameter, grad in zip(layer.factors, grads, strict=True):
        assert np.abs(grad).max() > 0
        close(parameter.grad().asnumpy(), grad, tolerance)
    symbol = layer(sym.var("data"))
    shapes, outputs, _ = symbol.infer_shape(data=x.shape)
    names = symbol.list_arguments()
    params = layer.collect_params()
    assert {n: s for n, s in zip(names, shapes, strict=True) if n != "data"} == {
        n: p.shape for n, p in params.items()
    }
    assert outputs == [want.shape]
    layer.export(str(path / "layer"))
    again = SymbolBlock.imports(path / "layer-symbol.json", "data", path / "layer-0000.params")
    close(again(data).asnumpy(), want, tolerance)
    layer.save_parameters(path / "saved.params")
    other = make(prefix="other_")
    other.load_parameters(path / "saved.params")
    close(other(data).asnumpy(), want, tolerance)
    return layer


def close(got, want, tolerance):
    """Within a tolerance of the largest value: a sum of many products rounds by it."""
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * max(1.0, np.abs(want).max()))


def values(layer):
    """The factors as arrays."""
    return [parameter.data().asnumpy() for parameter in layer.factors]
