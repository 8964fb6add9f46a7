"""Keeping a contraction's program within a limit on memory.

The prediction knows what an order needs, and nothing of the copies that XLA makes on the way, nor of the intermediates
that it never makes.  So XLA is asked.  An order that keeps to the limit uncut stays so.  Another is cut as the
prediction says; where the buffers that XLA assigns are still more than the limit, it is cut on in two ways: as if
there were less room, and by what each step touches, for what is touched may be copied.  The cheaper of the two that
keep to the limit is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbench.contraction.slicing import cheapest, finer, finest, touched
from workbench.contraction.tree import ContractionTree
from workbench.errors import BudgetError
from workbench.memory.size import text
from workbench.tensor.contraction_program import ContractionProgram


def limited(program: ContractionProgram, trees: Iterable[ContractionTree], limit: int) -> ContractionProgram:
    """The program of one of some trees, cut until XLA's temporary buffers keep to a limit.

    Args:
        program: that of the best tree, uncut.
        trees: the best and others.
        limit: bytes.

    Raises:
        BudgetError: cut to single values it still takes more; the message says how much.
    """
    if program.countable and program.temporary <= limit:
        return program
    distinct = tuple(dict.fromkeys(trees))
    try:
        first = replace(program, tree=cheapest(distinct, limit, program.dtype.itemsize))
    except BudgetError:
        return _finest(replace(program, tree=distinct[0]), limit)
    if first.temporary <= limit:
        return first
    by_room = _with_less_room(first, distinct, limit)
    by_touch = _touching_less(first, limit, None if by_room is None else by_room.tree.flops)
    found = [made for made in (by_room, by_touch) if made is not None]
    if not found:
        return _finest(first, limit)
    return min(found, key=lambda made: (made.tree.flops, made.tree.slices))


def _with_less_room(
    program: ContractionProgram, trees: Sequence[ContractionTree], limit: int
) -> ContractionProgram | None:
    """Cut as if there were less room, by as much as XLA takes too much; None where predictions come to their end."""
    itemsize, room = program.dtype.itemsize, limit
    while (taken := program.temporary) > limit:
        room = min(room * limit // taken, program.tree.peak * itemsize - 1)
        try:
            program = replace(program, tree=cheapest(trees, room, itemsize))
        except BudgetError:
            return None
    return program


def _touching_less(program: ContractionProgram, limit: int, most: int | None) -> ContractionProgram | None:
    """Cut once more and again where most is touched; None where it comes to more operations than `most`."""
    while program.temporary > limit:
        tree = finer(program.tree, touched(program.tree))
        if tree is None or (most is not None and tree.flops > most):
            return None
        program = replace(program, tree=tree)
    return program


def _finest(program: ContractionProgram, limit: int) -> ContractionProgram:
    """Cut to single values, if that keeps to the limit."""
    program = replace(program, tree=finest(program.tree))
    if program.temporary > limit:
        raise BudgetError(
            f"{program.tree.expression}: the temporary buffers can't be kept within {text(limit)}; cut to single "
            f"values, XLA still assigns {program.temporary} B",
            program.temporary,
        )
    return program
