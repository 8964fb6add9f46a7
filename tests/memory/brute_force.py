"""The least work within a budget, by trying everything: for workloads of a few operations.

A state is what has run for the first time, the last operation that ran since, and the values in memory.  From each
state any operation may run whose reads are there, again in order or the next for the first time, and any of the
values may then be let go.
"""

import heapq
from itertools import combinations


def least_work(work, budget):
    """FLOP recomputed at least; None where nothing fits."""
    free = {v for v, size in enumerate(work.map_bytes) if not size}
    start = (0, -1, frozenset())
    waiting, done = [(0.0, 0, start)], set()
    serial = 0
    while waiting:
        spent, _, state = heapq.heappop(waiting)
        if state in done:
            continue
        done.add(state)
        first, last, alive = state
        if first == len(work.operations):
            return spent
        for number in range(last + 1, first + 1):
            for after in _after(work, number, alive, free, budget):
                again = work.flops[number] if number < first else 0.0
                following = (first, number, after) if number < first else (first + 1, -1, after)
                serial += 1
                heapq.heappush(waiting, (spent + again, serial, following))
    return None


def _after(work, number, alive, free, budget):
    """What may be in memory once an operation ran, for all choices of what to let go."""
    operation = work.operations[number]
    reads = {v for v in operation.reads if v not in free}
    if not reads <= alive:
        return
    over = {r for g, r in operation.in_place if work.sizes[r] == work.sizes[g]}
    candidates = sorted(alive | {v for v in operation.gives if v not in free})
    for count in range(len(candidates) + 1):
        for kept in map(set, combinations(candidates, count)):
            there = kept | {v for v in reads if v not in over}
            if sum(work.sizes[v] for v in there) + work.workspace[number] <= budget:
                yield frozenset(kept)
