"""Which initial value a parameter gets is read off its name.

A network's parameters play few roles, and by convention their names end in them: a ``fc1_weight``
is drawn at random, a ``fc1_bias`` starts at 0, a ``bn1_gamma`` at 1.  So one initializer serves a
whole network: it defines how a *weight* is drawn, and the roles decide the rest.  A variable made with
``init=`` carries its own initializer as text in the attribute ``__init__``, which goes first.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.train.factory import Factory


class InitDesc(str):
    """A parameter's name, with what else decides its initial value.

    Args:
        name: the parameter's name.
        attrs: its variable's attributes; ``__init__`` names an initializer of its own.
        global_init: the initializer of the whole network.
    """

    attrs: Mapping[str, str]
    global_init: Initializer | None

    def __new__(
        cls, name: str, attrs: Mapping[str, str] | None = None, global_init: Initializer | None = None
    ) -> InitDesc:
        """The name, as text that carries the rest along."""
        desc = super().__new__(cls, name)
        desc.attrs = attrs or {}
        desc.global_init = global_init
        return desc


class Initializer:
    """Base of the initializers; a subclass defines `_init_weight`.

    Args:
        kwargs: the arguments to make it again from the text of `dumps`.
    """

    roles: ClassVar[tuple[tuple[str, str], ...]] = (
        ("weight", "_init_weight"),
        ("bias", "_init_bias"),
        ("gamma", "_init_gamma"),
        ("beta", "_init_beta"),
        ("moving_mean", "_init_zero"),
        ("running_mean", "_init_zero"),
        ("moving_var", "_init_one"),
        ("running_var", "_init_one"),
        ("moving_inv_var", "_init_zero"),
        ("moving_avg", "_init_zero"),
        ("min", "_init_zero"),
        ("max", "_init_one"),
    )

    @checked
    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._statistic: Callable[[Any], Any] | None = None

    def set_verbosity(
        self, verbose: bool = False, print_func: Callable[[Any], Any] | None = None
    ) -> Initializer:
        """Logs each array initialised with a statistic of it: root mean square, or `print_func`."""
        self._statistic = (print_func or _root_mean_square) if verbose else None
        return self

    def dumps(self) -> str:
        """The initializer as JSON text, which `create` reads."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr: Any) -> None:
        """Fills `arr` as the name's role asks.

        Raises:
            ArgumentError: the name ends in no known role and its variable names no initializer.
        """
        if not isinstance(desc, str):
            raise ArgumentError(
                f"an initializer takes a parameter's name and array, got {desc!r} for the name"
            )
        desc = desc if isinstance(desc, InitDesc) else InitDesc(desc)
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__")
        role, method = self._role(desc)
        if own:
            create(own)._init_weight(desc, arr)
        else:
            getattr(self, method)(desc, arr)
        if self._statistic is not None:
            logging.info("Initialized %s as %s: %s", desc, own or role, self._statistic(arr))

    def _role(self, desc: str) -> tuple[str, str]:
        """The ending of a name that says what it is, and the method for such."""
        return next((role for role in self.roles if desc.endswith(role[0])), ("", "_init_default"))

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _init_weight(desc, arr)")

    def _init_bias(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 0.0

    def _init_gamma(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 1.0

    def _init_beta(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 0.0

    def _init_zero(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 0.0

    def _init_one(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 1.0

    def _init_default(self, desc: InitDesc, arr: Any) -> None:
        endings = ", ".join(ending for ending, _ in self.roles)
        raise ArgumentError(
            f"no initial value is known for {str(desc)!r}: its name ends in none of {endings}."
            " Name one where the variable is made: sym.Variable(..., init=...)"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self.dumps() == other.dumps()

    def __hash__(self) -> int:
        return hash(self.dumps())

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self._kwargs.items())
        return f"{type(self).__name__}({arguments})"


def _root_mean_square(arr: Any) -> str:
    return str(math.sqrt(np.mean(np.square(arr.asnumpy(), dtype=np.float64))))


_FACTORY = Factory("initializer", Initializer)
register = _FACTORY.register
alias = _FACTORY.alias
create = _FACTORY.create
