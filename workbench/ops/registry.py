"""One definition an operator, for both styles.

An operator is a JAX function.  Its positional parameters are tensors, its keyword-only parameters
are attributes; their annotations and defaults are the operator's signature in `nd.*`, in `sym.*`
and in saved files alike.  What a plain function can't say stands beside it: which inputs are
auxiliary states, which outputs are written back, which attributes may change without recompiling,
which shapes follow from the others, and which values its gradient keeps.

That last point is part of the definition, not an optimisation: the values a gradient keeps are the
memory a network needs, and a planner must be able to read them.
"""

from __future__ import annotations

import inspect
import types as pytypes
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError, did_you_mean
from workbench.ops.attribute import MISSING, Attribute
from workbench.types import Shape

PLAIN = (
    bool,
    int,
    float,
    str,
    tuple,
    list,
    type,
    np.generic,
    np.dtype,
)  # an attribute's value, never a tensor
MOST_OUTPUTS = 10_000  # a file that asks for more is corrupt or hostile
Completion = Callable[..., Mapping[str, Shape]]


@dataclass(eq=False)
class Operator:
    """An operator's definition; see `register` for what the fields mean."""

    name: str
    aliases: tuple[str, ...]
    fn: Callable[..., Any]
    inputs: tuple[str, ...]
    optional: frozenset[str]
    variadic: bool
    aux: tuple[str, ...] = ()
    writes: dict[str, int] = field(default_factory=dict)
    outputs: tuple[str, ...] | Callable[..., tuple[str, ...]] = ("output",)
    visible: Callable[..., int] | int | None = None
    dynamic: tuple[str, ...] = ()
    random: bool | Callable[..., bool] = False
    train_aware: bool = False
    differentiable: bool = True
    complete: Completion | None = None
    used: Callable[..., Sequence[str] | None] | None = None
    variable_outputs: Callable[..., int] | None = None
    gradient_fn: Callable[..., Any] | None = None
    keeps: tuple[Any, ...] = ()
    loss: bool = False
    update: bool = False
    each: str | None = None
    rows: str | None = None

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """Its attributes by name; their annotations are read when first somebody asks."""
        hints = typing.get_type_hints(self.fn)
        return {
            p.name: Attribute.of(p.name, hints.get(p.name, typing.Any), p.default)
            for p in inspect.signature(self.fn).parameters.values()
            if p.kind is p.KEYWORD_ONLY and p.name != "_key"
        }

    @cached_property
    def doc(self) -> str:
        """The operator's docstring."""
        return inspect.cleandoc(self.fn.__doc__ or "")

    def gradient(
        self, *keeps: str | Callable[..., Sequence[str]]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declares the gradient: a function of the cotangent(s), the kept values, the attributes.

        `keeps` names the inputs and outputs the gradient reads, those that are there under its attributes, or is
        a function of the attributes that does; nothing else stays alive for it.
        The function returns one cotangent an input (or a single one), ``None`` where there is none.
        """

        def attach(fn: Callable[..., Any]) -> Callable[..., Any]:
            self.gradient_fn, self.keeps = fn, keeps
            return fn

        return attach

    def kept(self, attrs: Mapping[str, Any]) -> list[str]:
        """What the declared gradient may keep under these attributes."""
        return [n for keep in self.keeps for n in (keep(**attrs) if callable(keep) else [keep])]

    def input_names(self, attrs: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The inputs this operator takes under these attributes; None: as many as it is given."""
        names = self.used(**attrs) if self.used else None if self.variadic else self.inputs
        return None if names is None else tuple(names)

    def output_names(self, attrs: Mapping[str, Any]) -> tuple[str, ...]:
        """All outputs under these attributes, those written back included."""
        if self.variable_outputs:
            count = self.variable_outputs(**attrs)
            if not 0 < count <= MOST_OUTPUTS:
                raise ArgumentError(
                    f"{self.name}() gives 1 to {MOST_OUTPUTS} outputs, {count} were asked for"
                )
            return tuple(f"output{i}" for i in range(count))
        return self.outputs(**attrs) if callable(self.outputs) else self.outputs

    def draws(self, attrs: Mapping[str, Any]) -> bool:
        """Whether it needs a random key under these attributes."""
        return self.random(**attrs) if callable(self.random) else self.random

    def visible_count(self, attrs: Mapping[str, Any]) -> int:
        """How many leading outputs the caller sees."""
        if callable(self.visible):
            return self.visible(**attrs)
        return self.visible or len(self.output_names(attrs)) - len(self.writes)

    def parse(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Checks and completes the static attributes given by a caller or read from a file.

        Raises:
            ArgumentError: an attribute is unknown, missing, or of the wrong type.
        """
        for key in given:
            if key not in self.attributes and not (self.variadic and key == "num_args"):
                known = [a for a in self.attributes if not a.startswith("_")] + list(self.inputs)
                raise ArgumentError(
                    f"{self.name}() has no argument {key!r}; it takes {', '.join(known)}."
                    f"{did_you_mean(key, known)}"
                )
        parsed = {}
        for name, attribute in self.attributes.items():
            value = given.get(name, attribute.default)
            if value is MISSING:
                raise ArgumentError(f"{self.name}() needs {name!r} ({attribute.text}); it was not given")
            parsed[name] = attribute.parse(value, self.name)
        return parsed

    def check_number(self, given: Mapping[str, Any], count: int) -> None:
        """Whether `num_args`, which MXNet's programs give beside any number of inputs, is their number.

        Raises:
            ArgumentError: it is another.
        """
        if str(given.get("num_args", count)) != str(count):
            raise ArgumentError(
                f"{self.name}(): num_args is {given['num_args']!r}, and {count} inputs were given"
            )

    @cached_property
    def _dynamic_attributes(self) -> list[tuple[str, Any, bool]]:
        """Each dynamic attribute with its default, and whether it is a whole number."""
        facts = [(name, self.attributes[name]) for name in self.dynamic]
        return [(name, a.default, int in a.types and float not in a.types) for name, a in facts]

    def numbers(self, given: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[int | None, ...]]:
        """The dynamic attributes as one flat tuple of numbers, and how many each has; None for one by itself.

        Raises:
            TypeError: one is not given, or is not a number of its kind or a tuple of numbers.
        """
        flat: list[float] = []
        sizes: list[int | None] = []
        for name, default, whole in self._dynamic_attributes:
            value = given.get(name, default)
            kind = type(value)
            if kind is tuple or kind is list:
                flat.extend(value if set(map(type, value)) == {float} else map(_number, value))
                sizes.append(len(value))
            else:
                number = value if kind is float else _number(value)
                if whole and (kind is bool or not number.is_integer()):
                    raise TypeError(f"{name} is a whole number")
                flat.append(number)
                sizes.append(None)
        return tuple(flat), tuple(sizes)

    def split(self, args: Sequence[Any], given: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Tensors, and the attributes, those given by position after the tensors (``clip(a, 0, 1)``) too.

        Raises:
            ArgumentError: there are more values than attributes, or one is given twice.
        """
        required = len(self.inputs) - len(self.optional)
        start = next((i for i in range(required, len(args)) if isinstance(args[i], PLAIN)), len(self.inputs))
        tensors, values = args[:start], args[start:]
        if self.variadic or not all(v is None or isinstance(v, PLAIN) for v in values):
            return tuple(args), dict(given)
        names = [n for n in self.attributes if not n.startswith("_")]
        if len(values) > len(names):
            raise ArgumentError(
                f"{self.name}() takes {', '.join(names) or 'nothing'} after its tensors, got {values}"
            )
        named = dict(zip(names, values, strict=False))
        twice = [n for n in named if n in given]
        if twice:
            raise ArgumentError(
                f"{self.name}() got {', '.join(map(repr, twice))} twice, by position and by name"
            )
        return tuple(tensors), {**named, **given}

    def introduce(
        self, function: Callable[..., Any], name: str, more: tuple[str, ...] = (), variables: bool = False
    ) -> None:
        """Gives a style's function of this operator its name, its help, and what `inspect` finds behind it.

        Args:
            more: arguments of the style's own that may be left out.
            variables: whether inputs whose shapes follow from the first one's may be left out too.
        """
        function.__name__ = function.__qualname__ = name
        function.__doc__ = self.doc
        function.__wrapped__ = _Behind(self, more, variables)  # type: ignore[attr-defined]

    def signature(self, more: tuple[str, ...] = (), variables: bool = False) -> inspect.Signature:
        """The signature shown by help(): tensors first, then attributes, then the style's arguments (`introduce`)."""
        kind = inspect.Parameter
        free = {*self.optional, *(self.inputs[1:] if variables and self.complete else ())}
        tensors = [
            kind(n, kind.POSITIONAL_OR_KEYWORD, default=None if n in free else kind.empty)
            for n in self.inputs
        ]
        if self.variadic:
            tensors = [kind("data", kind.VAR_POSITIONAL)]
        shown = [a for a in self.attributes.values() if not a.name.startswith("_")]
        needed = [t.default is kind.empty for t in tensors] + [a.default is MISSING for a in shown]
        by_place = not self.variadic and needed == sorted(needed, reverse=True)  # as Python wants a signature
        attributes = [
            kind(
                a.name,
                kind.POSITIONAL_OR_KEYWORD if by_place else kind.KEYWORD_ONLY,
                default=kind.empty if a.default is MISSING else a.default,
                annotation=_Said(a.text),
            )
            for a in shown
        ]
        return inspect.Signature(
            tensors + attributes + [kind(n, kind.KEYWORD_ONLY, default=None) for n in more]
        )


class _Said(str):
    """An annotation in words, which a signature shows as they are."""

    def __repr__(self) -> str:
        return str(self)


class _Behind:
    """Where `inspect` finds an operator's signature and code; hundreds of signatures would slow every start down."""

    def __init__(self, op: Operator, more: tuple[str, ...], variables: bool) -> None:
        self._op, self._style = op, (more, variables)
        self.__wrapped__ = op.fn

    @property
    def __signature__(self) -> inspect.Signature:
        return self._op.signature(*self._style)


def _number(value: Any) -> float:
    """A number as it travels beside the arrays; never an array, which would be read while others are run."""
    if not isinstance(value, (int, float, np.number, str)):
        raise TypeError(f"a number was expected, got {type(value).__name__}")
    return float(value)


_OPERATORS: dict[str, Operator] = {}


def register(name: str, *aliases: str, **facts: Any) -> Callable[[Callable[..., Any]], Operator]:
    """Registers a JAX function as an operator.

    Args:
        name: MXNet's name of the operator; `aliases` are the other names it has there.
        aux: inputs that are auxiliary states (listed apart, never differentiated).
        writes: input name → index of the output that is written back into it.
        outputs: names of all outputs, or attributes → those; `visible` how many of them the caller sees.
        variable_outputs: attributes → number of outputs, where it depends on them.
        dynamic: attributes that may change at every call without recompiling.
        random: the function takes ``_key``, the PRNG key data, uint32[2]; or attributes → whether it
            does, training or not.
        train_aware: the function takes ``_train``, whether the call trains.
        differentiable: False for integer-valued and update operators.
        complete: (known shapes by input name, attributes) → shapes that follow for other inputs.
        used: attributes → names of the inputs taken, where it depends on them (None: any number).
        loss: the operator is a loss layer: its gradient ignores the cotangent.
        update: the operator gives new parameters for old ones and their gradients.
        each: a variadic operator that does this other one for rows of inputs, one after another: its inputs are
            the rows end to end, its outputs the columns; a tuple named like an attribute of the other with
            an s behind (``lrs``) has one number a row.
        rows: the input along whose first axis the operator works row by row: each row of the outputs follows from
            its row of this input and from the other inputs, which all rows share.

    Raises:
        ArgumentError: the name is taken.
    """

    def attach(fn: Callable[..., Any]) -> Operator:
        op = _define(name, aliases, fn, facts)
        for each in (name, *aliases):
            if each in _OPERATORS:
                raise ArgumentError(f"operator {each!r} is registered already")
            _OPERATORS[each] = op
        return op

    return attach


def _define(name: str, aliases: tuple[str, ...], fn: Callable[..., Any], facts: dict[str, Any]) -> Operator:
    inputs, optional, variadic = _tensors(fn)
    writes = facts.pop("writes", {})
    outputs = facts.pop("outputs", None) or ("output", *(f"{n}_out" for n in writes))
    return Operator(
        name=name,
        aliases=aliases,
        fn=fn,
        inputs=inputs,
        optional=optional,
        variadic=variadic,
        writes=writes,
        outputs=outputs,
        **facts,
    )


def _tensors(fn: Callable[..., Any]) -> tuple[tuple[str, ...], frozenset[str], bool]:
    """The positional parameters of a function, those that may be None, and whether it takes any number.

    They stand in its code; to have `inspect` write down hundreds of signatures would slow every start.
    """
    if hasattr(fn, "__signature__"):
        positional = [
            p for p in inspect.signature(fn).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        return (
            tuple(p.name for p in positional),
            frozenset(p.name for p in positional if p.default is None),
            False,
        )
    fn = inspect.unwrap(fn)
    code, defaults = fn.__code__, fn.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    given = zip(names[len(names) - len(defaults) :], defaults, strict=True)
    return names, frozenset(n for n, d in given if d is None), bool(code.co_flags & inspect.CO_VARARGS)


def get(name: str) -> Operator:
    """The operator of this name or alias.

    Raises:
        NotSupportedError: there is none; the nearest one is named.
    """
    try:
        return _OPERATORS[name]
    except KeyError:
        raise NotSupportedError(
            f"no operator {name!r} in the workbench.{did_you_mean(name, _OPERATORS)}"
        ) from None


def table() -> Mapping[str, Operator]:
    """Every name and alias → operator, read-only."""
    return pytypes.MappingProxyType(_OPERATORS)
