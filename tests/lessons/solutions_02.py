"""Solutions of lesson 02's exercises."""


def peak_of(operations, sizes):
    made = {name: step for step, (name, _) in enumerate(operations)}
    ends = dict(made)
    for step, (_, read) in enumerate(operations):
        for name in read:
            if name in made:
                ends[name] = step
    totals = [
        sum(sizes[name] for name, start in made.items() if start <= step <= ends[name])
        for step in range(len(operations))
    ]
    return max(totals), totals.index(max(totals))


def share(lives, sizes):
    buffers = []  # of each its size, and when it is free again
    taken = {}
    for name, (start, end) in sorted(lives.items(), key=lambda item: item[1]):
        free = [b for b, (_, until) in enumerate(buffers) if until < start]
        if free:
            best = min(free, key=lambda b: abs(buffers[b][0] - sizes[name]))
            buffers[best] = (max(buffers[best][0], sizes[name]), end)
        else:
            best = len(buffers)
            buffers.append((sizes[name], end))
        taken[name] = best
    return taken


def heaviest_layer(plan):
    arena = plan.arena("share")
    held = arena.by_layer(arena.peak_place)
    return plan.network.workload.operations[max(held, key=held.get)].name
