"""Whether a block is made and called with the arguments that it takes: asked where it failed, so it costs nothing."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.errors import ArgumentError, DTypeError, did_you_mean


def check_count(block: Any, args: Sequence[Any], error: TypeError) -> None:
    """Says in the block's own words what Python says in those of its insides.

    What is of the wrong dtype is told with the block's name, the innermost one's.

    Raises:
        ArgumentError: `forward`, or `hybrid_forward` with the block's parameters, can't be called so.
    """
    if isinstance(error, DTypeError) and not error.block:
        error.block = block.name
        error.args = (f"{type(block).__name__} {block.name!r}: {error}",)
    ways: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [(block.forward, tuple(args), {})]
    if hasattr(block, "hybrid_forward"):
        ways.append((block.hybrid_forward, (None, *args), block._reg_params))
    for way, given, named in ways:
        signature = inspect.signature(way)
        try:
            signature.bind(*given, **named)
        except TypeError:
            skipped = len(given) - len(args)
            taken = [str(p) for p in list(signature.parameters.values())[skipped:] if p.name not in named]
            raise ArgumentError(
                f"{type(block).__name__} {block.name!r} takes ({', '.join(t.split(':')[0] for t in taken)}), "
                f"and was called with {len(args)} argument{'s' * (len(args) != 1)}"
            ) from error


def kind_of(value: Any) -> str:
    """What was given instead of an array: ``int``, or ``a list of int``, however deep."""
    inside = value
    while isinstance(inside, (list, tuple)) and inside:
        inside = inside[0]
    return type(value).__name__ if inside is value else f"a {type(value).__name__} of {type(inside).__name__}"


def unknown_arguments(kind: type, unknown: Iterable[str]) -> ArgumentError:
    """The error for arguments that no constructor of this class takes, with the nearest of those that one does."""
    known = [
        name
        for each in kind.__mro__
        if "__init__" in vars(each)
        for name, parameter in inspect.signature(each.__init__).parameters.items()  # type: ignore[misc]
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) and name != "self"
    ]
    name = next(iter(unknown))
    return ArgumentError(
        f"{kind.__name__}() has no argument {name!r}; it takes {', '.join(dict.fromkeys(known))}."
        f"{did_you_mean(name, known)}"
    )
