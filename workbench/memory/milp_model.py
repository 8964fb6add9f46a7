"""The choice of a schedule as a mixed-integer linear programme; `milp` says what for.

Time is cut into *turns*: in turn t the operations 0 to t - 1 may run again, in order, and then operation t runs for
the first time.  The places are thus known beforehand, (t, i) for i ≤ t, and what is to be chosen is

    R[t, i] in {0, 1}   whether operation i runs in turn t, R[t, t] = 1;
    A[t, i, v] ≥ 0      whether value v is in memory after place (t, i), for the values that i reads or gives.

Between two operations that touch it a value stays as it is, so these are all.  They obey

    A after ≤ A before (+ R[t, i] where i gives v)     nothing is there that was not there or made;
    R[t, i] ≤ A before                                 for each value that i reads;
    Σ bytes of what is there at the place ≤ peak       reads as before it, the rest, and what may be written over,
                                                       as after it: the rule of `liveness.lifetimes`;
                                                       with the workspace of i, times R[t, i].

With R whole numbers, A comes out as whole numbers wherever it matters.  Values that no plan decides about cost
nothing and are there from their first making on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbench.memory.workload import Workload


class Model:
    """The programme for one workload.

    Args:
        workload: the pass.

    Attributes:
        runs: the columns of R, by turn and operation.
        unit: bytes in which the programme counts memory.
    """

    def __init__(self, workload: Workload) -> None:
        self._work = workload
        self._sizes = workload.map_bytes
        largest = max(workload.map_bytes, default=0) or 1
        self.unit = float(largest)  # the solver's tolerances are for numbers near 1
        self._count = len(workload.operations)
        self.runs: dict[tuple[int, int], int] = {}
        self._columns = 1  # the first is the peak
        self._rows: list[tuple[dict[int, float], float]] = []  # coefficients, and what their sum is at most
        self._fixed: set[int] = set()  # runs that must be
        self._there: dict[int, int] = {}  # each value's column as of now
        for turn in range(self._count):
            for number in range(turn + 1):
                self._place(turn, number)

    def _new(self) -> int:
        self._columns += 1
        return self._columns - 1

    def _place(self, turn: int, number: int) -> None:
        operation = self._work.operations[number]
        run = self.runs[turn, number] = self._new()
        if turn == number:
            self._fixed.add(run)
        over = {r for g, r in operation.in_place if self._work.sizes[r] == self._work.sizes[g]}
        reads = [v for v in dict.fromkeys(operation.reads) if self._sizes[v]]
        gives = [v for v in operation.gives if self._sizes[v]]
        before = {v: self._there[v] for v in reads}
        for value in reads:
            self._at_most({run: 1, before[value]: -1}, 0)
        for value in (*reads, *gives):
            after, was = self._new(), self._there.get(value)
            made = {run: -1.0} if value in gives else {}
            self._at_most({after: 1, **made, **({} if was is None else {was: -1})}, 0)
            self._there[value] = after
        present = {**self._there, **{v: column for v, column in before.items() if v not in over}}
        taken = {run: self._work.workspace[number] / self.unit}
        self._at_most({0: -1, **taken, **{c: self._sizes[v] / self.unit for v, c in present.items()}}, 0)

    def _at_most(self, row: Mapping[int, float], bound: float) -> None:
        self._rows.append((dict(row), bound))

    # -- solving ---------------------------------------------------------------------------------

    @property
    def _again(self) -> dict[int, int]:
        """The columns of runs beyond the first, and their operations."""
        return {column: i for (turn, i), column in self.runs.items() if i < turn}

    def least_peak(self, seconds: float) -> Any:
        """The schedule of the least peak."""
        cost = np.zeros(self._columns)
        cost[0] = 1
        return self._solve(cost, np.inf, seconds)

    def least_work(self, peak: float, seconds: float) -> Any:
        """The schedule of the least work within a peak in bytes; the objective is in FLOP of the dearest operation."""
        cost = np.zeros(self._columns)
        for column, number in self._again.items():
            cost[column] = self._work.flops[number] / self.scale
        return self._solve(cost, peak / self.unit, seconds)

    @property
    def scale(self) -> float:
        """FLOP of the dearest operation."""
        return max(self._work.flops, default=0) or 1.0

    def _solve(self, cost: np.ndarray, peak: float, seconds: float) -> Any:
        from scipy import sparse  # its import takes longer than that of all planners together
        from scipy.optimize import Bounds, LinearConstraint, milp

        low, high = np.zeros(self._columns), np.ones(self._columns)
        low[list(self._fixed)] = 1
        high[0] = peak
        whole = np.zeros(self._columns)
        whole[list(self.runs.values())] = 1
        rows = [r for r, (row, _) in enumerate(self._rows) for _ in row]
        columns = [c for row, _ in self._rows for c in row]
        values = [x for row, _ in self._rows for x in row.values()]
        matrix = sparse.csr_array((values, (rows, columns)), (len(self._rows), self._columns))
        limits = LinearConstraint(matrix, -np.inf, np.array([bound for _, bound in self._rows]))
        options = {"time_limit": seconds, "mip_rel_gap": 0.0}
        return milp(cost, integrality=whole, bounds=Bounds(low, high), constraints=limits, options=options)

    def order(self, chosen: np.ndarray) -> Iterable[int]:
        """The operations in the order in which a solution runs them."""
        return (number for (_, number), column in self.runs.items() if chosen[column] > 0.5)
