"""Learning rates that change as training goes on.

A schedule is a function of one number, how many updates have been made; calling it twice with the
same number gives the same rate, so it can be plotted before it is used and a resumed run continues
where it stopped.  (MXNet's schedules count down in place; the rates are the same, and `base_lr` shows
the last one as there.)  The rate is a runtime input of the compiled update: no schedule causes a compile.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from workbench.arguments import checked
from workbench.errors import ArgumentError

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ArgumentError(message)


class LRScheduler:
    """Base of the schedules: a warm-up, then `decayed`.

    Args:
        base_lr: the rate after warm-up.  An optimizer given a `learning_rate` sets it.  As an attribute it is what
            the last call came to after warm-up; set it between updates, and the schedule goes on from that rate.
        warmup_steps: number of updates the warm-up takes.
        warmup_begin_lr: the rate warm-up starts from.
        warmup_mode: ``"linear"`` rises in equal steps, ``"constant"`` waits at `warmup_begin_lr`.

    Raises:
        ArgumentError: an argument is out of range.
    """

    _asked = 0  # the update of the last call
    _since = 0  # the update at which `_start` was set
    _start = _rate = 0.01  # for schedules of a user's own that leave this __init__ out

    @checked
    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        _require(
            isinstance(warmup_steps, int) and warmup_steps >= 0,
            f"warmup_steps must be a whole number of updates, got {warmup_steps!r}",
        )
        _require(
            warmup_begin_lr <= base_lr,
            f"warmup_begin_lr must not exceed base_lr, got {warmup_begin_lr} and {base_lr}",
        )
        _require(
            warmup_mode in ("linear", "constant"),
            f"warmup_mode must be 'linear' or 'constant', got {warmup_mode!r}",
        )
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_mode = warmup_mode

    @property
    def base_lr(self) -> float:
        """The rate after warm-up, as the last call left it."""
        return self._rate

    @base_lr.setter
    def base_lr(self, rate: float) -> None:
        self._start = self._rate = rate
        self._since = self._asked

    def restart(self, base_lr: float | None = None) -> None:
        """Begins again before the first update, as when an optimizer takes the schedule; None keeps the rate."""
        self._asked = 0
        self.base_lr = self._start if base_lr is None else base_lr

    def get_warmup_lr(self, num_update: int) -> float:
        """The rate during warm-up."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = (self._start - self.warmup_begin_lr) * num_update / self.warmup_steps
        return self.warmup_begin_lr + rise

    def __call__(self, num_update: int) -> float:
        """The rate for update number `num_update`."""
        self._asked = num_update
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        self._rate = rate = self.decayed(num_update)
        return rate

    def decayed(self, num_update: int) -> float:
        """The rate after warm-up; each schedule defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define decayed(num_update)")


class _DroppingScheduler(LRScheduler):
    """Stays where it is, then drops; training hears of each drop by a line of the log, MXNet's."""

    factor: float

    def __call__(self, num_update: int) -> float:
        """The rate for update number `num_update`; logged where it has dropped since an earlier one."""
        asked, before = self._asked, self._rate
        rate = super().__call__(num_update)
        if self._rate != before and num_update > asked:
            logging.info(self._line(), num_update, rate)
        return rate

    def _line(self) -> str:
        return "Update[%d]: Change learning rate to %0.5e"

    def decayed(self, num_update: int) -> float:
        """``base_lr * factor ** k`` with k the number of drops before this update."""
        return self._start * self.factor ** max(0, self.drops(num_update) - self.drops(self._since))

    def drops(self, num_update: int) -> int:
        """How many drops there are before an update; each schedule defines it."""
        raise NotImplementedError


class FactorScheduler(_DroppingScheduler):
    """Multiplies the rate by `factor` after every `step` updates, down to `stop_factor_lr`.

    Args:
        step: updates from one drop to the next.
        factor: what the rate is multiplied by, 1 at most.
        stop_factor_lr: the least rate that it drops to.
        base_lr, warmup_steps, warmup_begin_lr, warmup_mode: as `LRScheduler`.
    """

    @checked
    def __init__(
        self,
        step: float,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require(step >= 1, f"step must be at least 1 update, got {step}")
        _require(factor <= 1, f"factor must not exceed 1, or the rate would grow, got {factor}")
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr

    def decayed(self, num_update: int) -> float:
        """``base_lr * factor ** k`` with k the number of full `step`s before this update."""
        rate = super().decayed(num_update)
        return rate if rate == self._start else max(self.stop_factor_lr, rate)

    def drops(self, num_update: int) -> int:
        """The full `step`s before an update."""
        return int(max(0, num_update - 1) // self.step)

    def _line(self) -> str:
        if self._rate > self.stop_factor_lr:
            return super()._line()
        return "Update[%d]: now learning rate arrived at %0.5e, will not change in the future"


class MultiFactorScheduler(_DroppingScheduler):
    """Multiplies the rate by `factor` after each of the update numbers in `step`.

    Args:
        step: the update after which each drop comes.
        factor: what the rate is multiplied by, 1 at most.
        base_lr, warmup_steps, warmup_begin_lr, warmup_mode: as `LRScheduler`.
    """

    @checked
    def __init__(
        self,
        step: Sequence[float],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        increasing = len(step) > 0 and all(a < b for a, b in zip([0, *step], step, strict=False))
        _require(increasing, f"step must list increasing update numbers from 1, got {list(step)}")
        _require(factor <= 1, f"factor must not exceed 1, or the rate would grow, got {factor}")
        self.step = list(step)
        self.factor = factor

    def drops(self, num_update: int) -> int:
        """The `step`s before an update."""
        return sum(num_update > s for s in self.step)


class _FallingScheduler(LRScheduler):
    """Falls from `base_lr` to `final_lr` between the end of warm-up and `max_update`."""

    @checked
    def __init__(
        self,
        max_update: int,
        base_lr: float,
        final_lr: float,
        warmup_steps: int,
        warmup_begin_lr: float,
        warmup_mode: str,
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require(
            isinstance(max_update, int) and max_update > warmup_steps,
            f"max_update must be a whole number beyond warmup_steps={warmup_steps}, got {max_update!r}",
        )
        self.max_update = max_update
        self.final_lr = final_lr

    def decayed(self, num_update: int) -> float:
        """``final_lr + (base_lr - final_lr) * height``, `height` falling from 1 to 0."""
        begin = max(self.warmup_steps, self._since)
        if begin >= self.max_update:  # base_lr was set when the schedule had ended
            return self._start
        done = (num_update - begin) / (self.max_update - begin)
        return self.final_lr + (self._start - self.final_lr) * self.height(min(1.0, max(0.0, done)))

    def height(self, done: float) -> float:
        """From 1 at ``done=0`` to 0 at ``done=1``; each schedule defines it."""
        raise NotImplementedError


class PolyScheduler(_FallingScheduler):
    """Falls as the polynomial ``(1 - done) ** pwr``.

    Args:
        max_update: the update that ends the fall.
        pwr: the power.
        final_lr: the rate that it falls to.
        base_lr, warmup_steps, warmup_begin_lr, warmup_mode: as `LRScheduler`.
    """

    @checked
    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def height(self, done: float) -> float:
        """``(1 - done) ** pwr``."""
        return (1 - done) ** self.power


class CosineScheduler(_FallingScheduler):
    """Falls as half a cosine (I. Loshchilov and F. Hutter, arXiv:1608.03983).

    Args:
        max_update: the update that ends the fall.
        final_lr: the rate that it falls to.
        base_lr, warmup_steps, warmup_begin_lr, warmup_mode: as `LRScheduler`.
    """

    @checked
    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def height(self, done: float) -> float:
        """``(1 + cos(pi * done)) / 2``."""
        return (1 + math.cos(math.pi * done)) / 2


def __dir__() -> list[str]:
    return __all__
