"""Error against parameters: one array in every format, at ranks from the smallest up.

No format is best for all data, and the number of a rank says nothing across formats: a CP of rank 10 and a Tucker of
rank (10, 10, 10) have little in common.  What can be compared is the error that a number of parameters buys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from workbench.arguments import Positive, Range, checked
from workbench.errors import ArgumentError
from workbench.lowrank import FORMATS, Format, Rank, format_of
from workbench.tensor.decompose import decompose
from workbench.tensor.decomposition import Decomposition
from workbench.tensor.fitting import observe
from workbench.types import Shape

Report = Callable[[float], object]
Fraction = Annotated[float, Range(0, 1, above=True)]


@dataclass(frozen=True, eq=False)
class Curve:
    """Errors and parameters of one array in several formats.

    Attributes:
        shape: of the array.
        lines: the decompositions of each format by its name, the fewest parameters first.
    """

    shape: Shape
    lines: dict[str, tuple[Decomposition, ...]]

    @checked
    def best(self, parameters: float) -> Decomposition | None:
        """The one of least error with at most so many parameters, if there is one."""
        within = [d for line in self.lines.values() for d in line if d.parameters.value <= parameters]
        return min(within, key=lambda d: d.error.value, default=None)

    def __repr__(self) -> str:
        lines = ", ".join(f"{name} {len(line)} ranks" for name, line in self.lines.items())
        return f"Curve({self.shape}: {lines})"


@checked
def curve(
    array: Any,
    formats: Sequence[str | Format] = tuple(FORMATS),
    *,
    points: Positive = 6,
    upto: Fraction = 0.1,
    mask: Any = None,
    nonnegative: bool = False,
    progress: Callable[[float], object] | None = None,
    **options: Any,
) -> Curve:
    """Decomposes an array in each format at ranks whose parameters grow by about the same factor from one to the next.

    Args:
        array: as in `decompose`.
        formats: names or formats; with `nonnegative`, those that have such a form unless they are named.
        points: ranks a format, at most.
        upto: the most parameters, as a fraction of the array's entries; each format has its smallest rank at least.
        mask, nonnegative: as in `decompose`.
        progress: is told the part done, from 0 to 1; by default a bar appears where it takes longer than two seconds.
        options: more of `decompose`'s.

    Raises:
        ArgumentError: there is no format, or one twice.
        WorkbenchError: as `decompose`.
    """
    data = observe(array, mask)
    if not formats:
        raise ArgumentError("curve() takes a format or more, such as formats=('cp', 'tucker')")
    forms = [format_of(each) for each in formats]
    if len({form.name for form in forms}) < len(forms):
        raise ArgumentError(f"curve() has a line a format, and some are twice in {[f.name for f in forms]}")
    if nonnegative and tuple(formats) == tuple(FORMATS):
        forms = [form for form in forms if form.name != "tt"]
    wanted = [(form, rank) for form in forms for rank in spread(form, data.shape, points, upto)]
    found: dict[str, list[Decomposition]] = {form.name: [] for form in forms}
    with _told(progress, len(wanted)) as done:
        for form, rank in wanted:
            fit = decompose(array, form, rank, mask=mask, nonnegative=nonnegative, **options)
            found[form.name].append(fit)
            done()
    return Curve(data.shape, {name: tuple(line) for name, line in found.items()})


def spread(form: Format, shape: Shape, points: int, upto: float) -> list[Rank]:
    """Ranks of a format's ladder whose parameters are spread evenly by their logarithm, up to a fraction."""
    form.check_shape(shape)
    least = form.parameters(shape, form.rung(shape, 1))
    budgets = np.geomspace(least, max(least, upto * math.prod(shape)), points)
    ranks = (form.within(shape, max(least, round(budget, 6))) for budget in budgets.tolist())
    return list(dict.fromkeys(rank for rank in ranks if rank is not None))


@contextmanager
def _told(progress: Report | None, parts: int) -> Iterator[Callable[[], None]]:
    """Counts parts for a function that is told how far the work is, or for a bar."""
    if progress is None:
        from tqdm import tqdm  # here, so that importing the workbench need not pay for it

        with tqdm(total=parts, unit="rank", delay=2, leave=False) as bar:
            yield lambda: bar.update() and None
        return
    finished = 0

    def done() -> None:
        nonlocal finished
        finished += 1
        progress(finished / parts)

    yield done
