"""The optimum among the schedules that `chain` is optimal for: the linear programme, with all others forbidden.

A schedule is *persistent* if what it keeps for a later turn stays until the way back has passed the operation that
reads it in the forward pass, and if no gradient is computed twice.  (A turn is what runs for the first time of one
operation, as in `milp_model`.)  What an operation has just made, for the next one to read, is not kept yet.
"""

from workbench.memory.milp_model import Model

SECONDS = 60.0


class Persistent(Model):
    """The programme with two more kinds of rows."""

    def __init__(self, work):
        self._kept = [{}]  # for each turn's end the column of each value
        self._until = stays_until(work)
        super().__init__(work)

    def _place(self, turn, number):
        super()._place(turn, number)
        if self._work.forward <= number < turn:
            self._at_most({self.runs[turn, number]: 1}, 0)
        operation = self._work.operations[number]
        for value in {*operation.reads, *operation.gives} & self._until.keys():
            column, before = self._there[value], self._kept[-1].get(value)
            waits = self._work.maker[value] + 1 < turn and (turn, number) < (self._until[value],) * 2
            if before is not None and waits:
                self._at_most({before: 1, column: -1}, 0)
        if number == turn:
            self._kept.append(dict(self._there))


def stays_until(work):
    """For each forward value that is read forward the gradient of the last operation to do so."""
    gradient = {op.of: number for number, op in enumerate(work.operations) if op.of is not None}
    readers = {v: i for i, op in enumerate(work.operations[: work.forward]) for v in op.reads}
    return {v: gradient[i] for v, i in readers.items() if work.map_bytes[v] and v in work.maker}


def least_persistent(work, budget):
    """(0, FLOP recomputed), or where nothing keeps to the budget (1, the least bytes)."""
    model = Persistent(work)
    found = model.least_work(budget, SECONDS)
    if found.x is not None:
        return 0, found.fun * model.scale
    smallest = model.least_peak(SECONDS)
    return 1, smallest.fun * model.unit
