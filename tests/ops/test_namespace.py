"""The smaller namespaces: filled from the registry by prefix, alike in both styles."""

import inspect

import pytest

from workbench import errors, nd, sym
from workbench.ops import registry

STYLES = pytest.mark.parametrize("style", [nd, sym], ids=["nd", "sym"])


@STYLES
@pytest.mark.parametrize("space", ["linalg", "contrib", "image"])
def test_every_operator_of_the_prefix_is_there_and_explains_itself(style, space: str) -> None:
    prefix = f"_{space}_"
    for name, op in registry.table().items():
        if name.startswith(prefix):
            function = getattr(getattr(style, space), name.removeprefix(prefix))
            assert function.__doc__
            assert name.removeprefix(prefix) in dir(getattr(style, space))
            assert op.name in (name, *op.aliases) or function.__doc__ == op.doc


@STYLES
@pytest.mark.parametrize(
    ("space", "asked", "near"), [("random", "unifrm", "uniform"), ("random", "normall", "normal")]
)
def test_an_unknown_name_is_answered_with_the_nearest(style, space: str, asked: str, near: str) -> None:
    where = f"{style.__name__.rsplit('.', 1)[-1]}.{space}"
    with pytest.raises(errors.UnknownNameError, match=rf"{where} has no '{asked}'\. Did you mean '{near}'"):
        getattr(getattr(style, space), asked)


@STYLES
def test_inspection_finds_the_operators_own_signature_and_code(style) -> None:
    assert list(inspect.signature(style.softmax).parameters)[:3] == ["data", "length", "axis"]
    assert "def softmax(" in inspect.getsource(style.softmax)


def test_signatures_say_what_may_be_left_out() -> None:
    def signature(function) -> str:
        return str(inspect.signature(function))

    dense = "num_hidden: int, no_bias: bool = False, flatten: bool = True"
    assert signature(nd.FullyConnected) == f"(data, weight, bias=None, *, {dense}, out=None, name=None)"
    assert (
        signature(sym.FullyConnected) == f"(data, weight=None, bias=None, *, {dense}, name=None, attr=None)"
    )
    assert list(inspect.signature(sym.BatchNorm).parameters)[:5] == [
        "data", "gamma", "beta", "moving_mean", "moving_var",
    ]  # fmt: skip
    assert inspect.signature(sym.SoftmaxOutput).parameters["label"].default is None
    assert signature(nd.relu) == "(data, *, out=None, name=None)"
    assert signature(nd.clip) == "(data, a_min: float, a_max: float, *, out=None, name=None)"
    assert signature(sym.concat) == "(*data, dim: int = 1, name=None, attr=None)"
    assert list(inspect.signature(nd.random_uniform).parameters)[-3:] == ["ctx", "out", "name"]
    assert signature(nd.ones((1,)).clip) == "(a_min: float, a_max: float, *, out=None, name=None)"
    assert signature(sym.var("x").clip) == "(a_min: float, a_max: float, *, name=None)"
    assert sym.var("x").clip.__doc__ == nd.clip.__doc__


@pytest.mark.parametrize("name", sorted(registry.table()))
def test_arguments_are_taken_where_signatures_show_them(name: str) -> None:
    for space in (nd, sym):
        parameters = inspect.signature(getattr(space, name)).parameters.values()
        assert [p.kind for p in parameters] == sorted(p.kind for p in parameters)


def test_a_symbol_is_named_after_what_was_called() -> None:
    a, b = sym.var("a"), sym.var("b")
    named = {
        sym.broadcast_plus(a, b): "broadcast_plus", sym.broadcast_add(a, b): "broadcast_add",
        sym.random.uniform(shape=(2,)): "_random_uniform", a.sum(): "sum", sym.sum_axis(a): "sum_axis",
    }  # fmt: skip
    for symbol, hint in named.items():
        assert symbol.name.rstrip("0123456789") == hint
