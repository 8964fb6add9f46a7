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


def test_a_symbol_is_named_after_what_was_called() -> None:
    a, b = sym.var("a"), sym.var("b")
    named = {
        sym.broadcast_plus(a, b): "broadcast_plus", sym.broadcast_add(a, b): "broadcast_add",
        sym.random.uniform(shape=(2,)): "_random_uniform", a.sum(): "sum", sym.sum_axis(a): "sum_axis",
    }  # fmt: skip
    for symbol, hint in named.items():
        assert symbol.name.rstrip("0123456789") == hint
