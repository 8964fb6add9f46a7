"""What all optimizers share: rates, their multipliers, and counting updates.

An optimizer owns no parameters.  It is told an *index* with each parameter, and finds under that
index how often it has updated it, and which multipliers its learning rate and weight decay have.
State that belongs to a parameter, such as its momentum, is made by `create_state` and kept by the
caller, usually an `Updater`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.train.factory import Factory
from workbench.train.lr_scheduler import LRScheduler

LOW_PRECISION = ("float16", "bfloat16")


class Optimizer:
    """Base of the optimizers.

    Args:
        rescale_grad: factor of every gradient, often 1 / batch size.
        param_idx2name: index → parameter name, so that multipliers can go by name.  Given names, weight
            decay is off for all that do not end in ``_weight`` or ``_gamma``.
        wd: weight decay, the factor of the weight added to its gradient.
        clip_gradient: bound on each scaled gradient element; None bounds nothing.
        learning_rate: None takes the scheduler's, or 0.01; a number becomes the scheduler's `base_lr`.
        lr_scheduler: gives the rate for each number of updates.
        sym: a symbol whose variables' ``__lr_mult__`` and ``__wd_mult__`` attributes are used.
        begin_num_update: the number of updates counted as made already.
        multi_precision: keep float32 copies of float16 and bfloat16 parameters and update those.
        param_dict: index → an object with `lr_mult` and `wd_mult`, as Gluon's parameters are.

    Raises:
        ArgumentError: an argument has the wrong type.
    """

    aggregate_num: int = 0  # how many parameters `update` takes in one call; 0: one, not in a list
    takes_copies: bool = (
        False  # whether `update` works on (float32 copy, state) itself, where all weights are narrow
    )
    opt_registry: ClassVar[dict[str, type[Optimizer]]]
    register: ClassVar[Any]
    create_optimizer: ClassVar[Any]

    @checked
    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: Mapping[Any, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: Mapping[Any, Any] | None = None,
    ) -> None:
        self.rescale_grad = rescale_grad
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.wd = wd
        self.lr_scheduler = lr_scheduler
        self.lr = _first_rate(learning_rate, lr_scheduler)
        self.idx2name = dict(param_idx2name or {})
        self.param_dict = param_dict or {}
        self.sym_info = (sym.attr_dict(), sym.list_arguments()) if sym is not None else ({}, [])
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self._all_index_update_counts: dict[int, dict[Any, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.set_lr_mult({})
        self.set_wd_mult({})

    def create_state(self, index: Any, weight: Any) -> Any:
        """The state kept for one parameter: an array, a tuple of arrays, or None."""
        return None

    def create_state_multi_precision(self, index: Any, weight: Any) -> Any:
        """Like `create_state`; under `multi_precision` (float32 copy, its state) for a narrow weight."""
        if self._wants_copy(weight):
            master = weight.astype("float32")
            return (master, self.create_state(index, master))
        return self.create_state(index, weight)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Updates a parameter in place, or several where all four arguments are lists.

        Raises:
            ArgumentError: they are lists of different lengths, or only some are lists; nothing is counted then.
        """
        several = isinstance(index, (list, tuple))
        if several and not all(
            [isinstance(v, (list, tuple)) and len(v) == len(index) for v in (weight, grad, state)]
        ):
            raise _uneven(index, weight, grad, state)
        indices = index if several else [index]
        self._update_count(indices)
        self._apply(
            indices,
            weight if several else [weight],
            grad if several else [grad],
            state if several else [state],
            self._get_lrs(indices),
            self._get_wds(indices),
        )

    def _apply(
        self,
        indices: Sequence[Any],
        weights: Sequence[Any],
        grads: Sequence[Any],
        states: Sequence[Any],
        lrs: Sequence[float],
        wds: Sequence[float],
    ) -> None:
        """Updates counted parameters one by one; an optimizer with a ``multi_*`` operator overrides it."""
        for index, weight, grad, state, lr, wd in zip(indices, weights, grads, states, lrs, wds, strict=True):
            self._apply_one(index, weight, grad, state, lr, wd)

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define update(index, weight, grad, state)")

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Like `update`, through the float32 copies that `create_state_multi_precision` made."""
        several = isinstance(index, (list, tuple))
        if not self.multi_precision or (
            self.takes_copies and all(map(self._wants_copy, weight if several else [weight]))
        ):
            return self.update(index, weight, grad, state)
        rows = list(zip(weight, grad, state, strict=True)) if several else [(weight, grad, state)]
        targets = [s[0] if self._wants_copy(w) else w for w, _, s in rows]
        grads = [g.astype("float32") if self._wants_copy(w) else g for w, g, _ in rows]
        states = [s[1] if self._wants_copy(w) else s for w, _, s in rows]
        if several:
            self.update(index, targets, grads, states)
        else:
            self.update(index, targets[0], grads[0], states[0])
        for (narrow, _, _), master in zip(rows, targets, strict=True):
            if master is not narrow:
                narrow[:] = master.astype(narrow.dtype)
        return None

    def _wants_copy(self, weight: Any) -> bool:
        return self.multi_precision and np.dtype(weight.dtype).name in LOW_PRECISION

    @property
    def learning_rate(self) -> float:
        """The rate of the next update, before multipliers."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Sets the rate.

        Raises:
            ArgumentError: a scheduler decides it, or it is no number.
        """
        if self.lr_scheduler is not None:
            raise ArgumentError(
                f"set_learning_rate({lr}): the rate is decided by {type(self.lr_scheduler).__name__};"
                " set lr_scheduler.base_lr, or lr_scheduler = None first"
            )
        if isinstance(lr, bool) or not isinstance(lr, (int, float, np.number)):
            raise ArgumentError(f"set_learning_rate(): a rate is a number, got {lr!r}")
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: Mapping[Any, float]) -> None:
        """Sets factors of the learning rate by parameter name or index, over those of the symbol."""
        self.lr_mult: dict[Any, float] = {**self._declared("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        """Sets factors of the weight decay by parameter name or index, over those of the symbol."""
        undecayed = {n: 0.0 for n in self.idx2name.values() if self._is_undecayed(n)}
        self.wd_mult: dict[Any, float] = {**undecayed, **self._declared("__wd_mult__"), **args_wd_mult}

    def _is_undecayed(self, name: str) -> bool:
        return not name.endswith(("_weight", "_gamma"))

    def _declared(self, attribute: str) -> dict[str, float]:
        attrs, names = self.sym_info
        return {n: float(attrs[n][attribute]) for n in names if attribute in attrs.get(n, {})}

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        """The learning rates under these indices."""
        return self._multiplied(self.learning_rate, indices, self.lr_mult, "lr_mult")

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        """The weight decays under these indices."""
        return self._multiplied(self.wd, indices, self.wd_mult, "wd_mult")

    def _get_lr(self, index: Any) -> float:
        return self._get_lrs([index])[0]

    def _get_wd(self, index: Any) -> float:
        return self._get_wds([index])[0]

    def _multiplied(
        self, rate: float, indices: Sequence[Any], factors: dict[Any, float], attribute: str
    ) -> list[float]:
        parameters, names = self.param_dict, self.idx2name
        if rate == 0 or not (factors or parameters):
            return [rate] * len(indices)
        if parameters:
            try:
                return [rate * getattr(parameters[i], attribute) for i in indices]
            except KeyError:  # an index that is no parameter's
                pass
        return [
            rate
            * (
                getattr(parameters[i], attribute)
                if i in parameters
                else factors.get(i, factors.get(names.get(i), 1.0))
            )
            for i in indices
        ]

    def _set_current_context(self, device_id: int) -> None:
        """Counts the updates of parameters on different devices apart."""
        self._index_update_count = self._all_index_update_counts.setdefault(device_id, {})

    def _update_count(self, index: Any) -> None:
        """Counts one more update of each index."""
        counts, start, most = self._index_update_count, self.begin_num_update, self.num_update
        for i in index if isinstance(index, (list, tuple)) else (index,):
            counts[i] = count = counts.get(i, start) + 1
            if count > most:
                most = count
        self.num_update = most

    def _update_arguments(self) -> dict[str, float]:
        """The arguments every update operator takes beside its rates."""
        if self.clip_gradient:
            return {"rescale_grad": self.rescale_grad, "clip_gradient": self.clip_gradient}
        return {"rescale_grad": self.rescale_grad}

    def _zeros_like(self, weight: Any) -> Any:
        # There at once: what waits would keep the step that asks for it from running as a whole.
        made = nd.array(np.zeros(weight.shape, weight.dtype), ctx=weight.context, dtype=weight.dtype)
        made._storage.layout = weight._storage.layout
        return made


def _uneven(index: Any, weight: Any, grad: Any, state: Any) -> ArgumentError:
    lists = {"index": index, "weight": weight, "grad": grad, "state": state}
    lengths = {n: len(v) if isinstance(v, (list, tuple)) else type(v).__name__ for n, v in lists.items()}
    shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
    return ArgumentError(f"update() of several parameters takes four lists of one length, got {shown}")


def _first_rate(learning_rate: float | None, scheduler: LRScheduler | None) -> float:
    if scheduler is None:
        return 0.01 if learning_rate is None else learning_rate
    scheduler.restart(learning_rate)
    return scheduler.base_lr


_FACTORY = Factory("optimizer", Optimizer)
register = _FACTORY.register
create = _FACTORY.create
Optimizer.opt_registry = _FACTORY.classes
Optimizer.register = register
Optimizer.create_optimizer = create
