"""Backward once more: the gradient of a forward whose tape was used up, or that recorded none.

What a training step keeps for its gradient is gone once that has run.  MXNet's executor can be asked again, so this
one can: the gradient is computed from the forward's inputs, which are still there, by running forward again
inside it.  Random numbers are drawn with the same keys.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence

from workbench.errors import AutogradError
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.runtime import engine
from workbench.runtime.call import Call, Cell
from workbench.runtime.device import Context
from workbench.runtime.source import called_at, caller
from workbench.symbolic.cached_op import Program

WRITTEN_SINCE = (
    "backward() once more for the same forward(), but its inputs were written since; "
    "call forward(is_train=True) again"
)
OUTPUTS_WRITTEN = WRITTEN_SINCE.replace("inputs", "outputs")


class Replay:
    """What a forward was called on; inputs are remembered weakly, so that an update can free them.

    Args:
        program: the operator that ran.
        inputs: the arrays it was called on; `cells` what their storages showed then.
        keys: its random keys, where it takes any.
    """

    def __init__(
        self, program: Program, inputs: Sequence[NDArray], cells: Sequence[Cell], keys: Cell | None
    ) -> None:
        self._program = program
        self._inputs = inputs
        self._cells = list(map(weakref.ref, cells[: len(inputs)]))
        self._keys = keys

    def gradients(
        self,
        wanted: Sequence[bool],
        outputs: Sequence[NDArray],
        cotangents: Sequence[NDArray],
        ctx: Context,
    ) -> list[NDArray | None]:
        """For each input its gradient, None where it is not wanted or there is none.

        Args:
            wanted: for each input, whether its gradient is asked for.
            outputs: what forward gave.
            cotangents: one for each floating-point output that the user sees.

        Raises:
            AutogradError: an input was written since.
        """
        cells = self._then()
        operator = self._program.operator
        types = tuple([c.type for c in cells])
        kinds = operator.infer(types)
        mask = tuple([i < self._program.heads and t.is_float for i, t in enumerate(kinds)])
        possible = operator.differentiable_inputs(types)
        want = tuple([w and p for w, p in zip([*wanted, False], possible, strict=False)])
        found: list[NDArray | None] = [None] * len(wanted)
        if not any(want):
            return found
        rule = operator.gradient(types, mask, want)
        gave = [a._cell() for a in (*outputs, *[self._inputs[i] for i in self._program.states])]
        shown = [c._shown() for c in cotangents]
        kept = [(gave if k.is_output else cells)[k.place] for k in rule.kept]
        given = (*kept, *[s.cell for s in shown])
        given_types = tuple([c.type for c in given])
        call = Call(rule.bound, given, (), ctx, caller(), given_types, rule.bound.infer(given_types))
        engine.submit(call)
        places = [i for i, w in enumerate(want) if w]
        for place, cell in zip(places, call.outputs, strict=True):
            found[place] = NDArray(Storage(cell, ctx))
        return found

    def _then(self) -> list[Cell]:
        """The inputs' values, unless they were written since; a state's moves with the forward itself."""
        cells = []
        for i, (array, then) in enumerate(zip(self._inputs, self._cells, strict=True)):
            if array._storage.cell is not then() and i not in self._program.states:
                raise AutogradError(WRITTEN_SINCE + called_at())
            cells.append(array._cell())
        return cells if self._keys is None else [*cells, self._keys]
