"""Solutions of lesson 03's exercises."""

import workbench as mx
from workbench.errors import BudgetError
from workbench.memory.liveness import peak
from workbench.memory.stages import Stages


def best_segment(work):
    n = work.forward
    stages = Stages(work, range(n + 1))
    return min(range(1, n + 1), key=lambda k: peak(work, stages.segmented(range(k, n, k))))


def my_strategy(workload, budget=None):
    n = workload.forward
    stages = Stages(workload, range(n + 1))
    tried = [stages.segmented(range(k, n, k)) for k in range(1, n + 1)]
    if budget is None:
        return min(tried, key=lambda schedule: peak(workload, schedule))
    fitting = [schedule for schedule in tried if peak(workload, schedule) <= budget]
    return min(fitting, key=lambda schedule: schedule.recomputed_flops(workload))


def largest_batch(build, budget):
    def fits(batch):
        network = build(batch)
        try:
            mx.memory.plan(network.symbol, network.shapes, budget=budget)
        except BudgetError:
            return False
        return True

    low, high = 0, 1  # low fits, high is to be tried
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
