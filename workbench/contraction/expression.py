"""An einsum expression with the shapes of its tensors, checked.

Each tensor is named by one letter an axis.  Axes of the same letter run together; a letter that the output does not
have is summed: ``"ij,jk->ik"`` is the matrix product.  Without an arrow the output has the letters that occur once, in
alphabetical order.  ``...`` stands for axes that have no letter, the same in every tensor that has them.
"""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import index
from types import MappingProxyType
from typing import Any

from workbench.errors import ArgumentError, ShapeError
from workbench.types import Shape

ELLIPSIS = "..."


@dataclass(frozen=True)
class Expression:
    """What is contracted.

    Attributes:
        inputs: the letters of each tensor, one an axis.
        output: the letters of the result.
        shapes: the shape of each tensor.
    """

    inputs: tuple[str, ...]
    output: str
    shapes: tuple[Shape, ...]

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How long each index is, in the order in which they first occur."""
        pairs = zip("".join(self.inputs), (n for shape in self.shapes for n in shape), strict=True)
        return MappingProxyType(dict(pairs))

    @property
    def summed(self) -> str:
        """The letters that the output does not have."""
        return "".join(letter for letter in self.sizes if letter not in self.output)

    def size(self, letters: Iterable[str]) -> int:
        """Elements of a tensor of these indices."""
        return math.prod(self.sizes[letter] for letter in letters)

    def shape(self, letters: Iterable[str]) -> Shape:
        """The shape of a tensor of these indices."""
        return tuple(self.sizes[letter] for letter in letters)

    def __str__(self) -> str:
        return f"{','.join(self.inputs)}->{self.output}"


def parse(expression: str, shapes: Sequence[Sequence[int]]) -> Expression:
    """Reads an expression for tensors of these shapes.

    An ellipsis becomes letters of its own.  Sizes must be equal where letters are: an axis of size 1 is not stretched.

    Args:
        expression: such as ``"bcd,cr,ds->brs"``; spaces do not matter.
        shapes: a shape a tensor, sizes of 1 or more.

    Raises:
        ArgumentError: it is no expression; the message says what in it is wrong.
        ShapeError: the shapes do not fit it, in number, rank or size.
    """
    if not isinstance(expression, str):
        raise ArgumentError(f"an einsum expression is text such as 'ij,jk->ik', got {expression!r:.80}")
    given: Any = shapes
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ShapeError(f"{expression!r}: shapes are a sequence, one a tensor, got {shapes!r:.80}")
    return _parse(expression, tuple(_shape(expression, n, shape) for n, shape in enumerate(shapes)))


def _shape(expression: str, number: int, shape: Sequence[int]) -> Shape:
    try:
        found = tuple(int(index(size)) for size in shape)
    except TypeError:
        found = (0,)
    if any(size < 1 for size in found) or isinstance(shape, (Set, Mapping)):
        raise ShapeError(
            f"{expression!r}: the shape of tensor {number} must be sizes of 1 or more, got {shape!r:.80}"
        )
    return found


@lru_cache(maxsize=1024)
def _parse(expression: str, shapes: tuple[Shape, ...]) -> Expression:
    text = "".join(expression.split())
    given, arrow, result = text.partition("->")
    terms = given.split(",")
    for term in (*terms, result):
        _check_letters(expression, term)
    if len(terms) != len(shapes):
        raise ShapeError(f"{expression!r} has {_count(len(terms), 'tensor')}, but {len(shapes)} came")
    free = _letters_for_ellipsis(expression, terms, shapes)
    inputs = tuple(
        term.replace(ELLIPSIS, free[len(free) - _hidden(term, shape) :])
        for term, shape in zip(terms, shapes, strict=True)
    )
    _check_sizes(expression, inputs, shapes)
    output = _output(expression, inputs, result, free) if arrow else _implicit(inputs, free)
    return Expression(inputs, output, shapes)


def _check_letters(expression: str, term: str) -> None:
    rest = term.replace(ELLIPSIS, "", 1)
    for letter in rest:
        if letter not in string.ascii_letters:
            raise ArgumentError(
                f"{expression!r}: {letter!r} in {term!r} is no index; an index is a letter, a tensor is separated by "
                "a comma, the output by one '->', and '...' stands once in a tensor"
            )


def _hidden(term: str, shape: Shape) -> int:
    """Axes that a term's ellipsis stands for."""
    return len(shape) - len(term) + len(ELLIPSIS) if ELLIPSIS in term else 0


def _letters_for_ellipsis(expression: str, terms: Sequence[str], shapes: Sequence[Shape]) -> str:
    """Unused letters, as many as the longest ellipsis has axes; a shorter one takes the last of them."""
    for number, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        named = len(term.replace(ELLIPSIS, ""))
        if len(shape) < named or (ELLIPSIS not in term and len(shape) > named):
            least = " or more" if ELLIPSIS in term else ""
            raise ShapeError(
                f"{expression!r}: tensor {number} is {term!r}, {_count(named, 'index', 'indices')}{least}, "
                f"but its shape {shape} has {_count(len(shape), 'axis', 'axes')}"
            )
    most = max(map(_hidden, terms, shapes))
    unused = "".join(letter for letter in string.ascii_letters if letter not in expression)
    if most > len(unused):
        raise ShapeError(
            f"{expression!r}: an ellipsis stands for {most} axes, and only {len(unused)} letters are left for them"
        )
    return unused[:most]


def _check_sizes(expression: str, inputs: Sequence[str], shapes: Sequence[Shape]) -> None:
    seen: dict[str, tuple[int, int]] = {}
    for number, (term, shape) in enumerate(zip(inputs, shapes, strict=True)):
        for letter, size in zip(term, shape, strict=True):
            known, where = seen.setdefault(letter, (size, number))
            if known != size:
                raise ShapeError(
                    f"{expression!r}: index {letter!r} is {known} in tensor {where}, {inputs[where]!r} of shape "
                    f"{shapes[where]}, but {size} in tensor {number}, {term!r} of shape {shape}"
                )


def _output(expression: str, inputs: Sequence[str], result: str, free: str) -> str:
    known = dict.fromkeys("".join(inputs))
    for letter, times in Counter(result.replace(ELLIPSIS, "")).items():
        if letter not in known:
            listed = ", ".join(known) or "none"
            raise ArgumentError(
                f"{expression!r}: the output's index {letter!r} is in no tensor; the indices are {listed}"
            )
        if times > 1:
            raise ArgumentError(
                f"{expression!r}: the output has index {letter!r} {times} times; once is enough"
            )
    return result.replace(ELLIPSIS, free)


def _implicit(inputs: Sequence[str], free: str) -> str:
    counts = Counter("".join(inputs))
    return free + "".join(sorted(letter for letter, n in counts.items() if n == 1 and letter not in free))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
