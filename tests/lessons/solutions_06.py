"""Solutions of lesson 06's exercises."""

from workbench import cpu, engine


def earliest(operations):
    ticks = []
    for reads, writes in operations:
        behind = [
            tick
            for tick, (read, written) in zip(ticks, operations, strict=False)
            if set(writes) & {*read, *written} or set(reads) & set(written)
        ]
        ticks.append(1 + max(behind, default=0))
    return ticks


def push_centre(arrays, variables):
    x, mean, spread, centred = arrays.values()
    x_var, mean_var, spread_var, centred_var = variables.values()
    engine.push(lambda: x.mean(axis=0, out=mean), [x_var], [mean_var], name="mean")
    engine.push(lambda: x.std(axis=0, out=spread), [x_var], [spread_var], name="spread")
    engine.push(lambda: centred.__setitem__(..., x - mean), [x_var, mean_var], [centred_var], name="centre")
    engine.push(lambda: x.fill(0), [], [x_var], name="clear")


def push_loop(load, train, count):
    slots = [engine.new_variable(f"slot {number}") for number in range(2)]
    model = engine.new_variable("model")
    for batch in range(count):
        slot = batch % 2
        engine.push(lambda slot=slot, batch=batch: load(slot, batch), [], [slots[slot]], cpu(1), name="load")
        engine.push(lambda slot=slot: train(slot), [slots[slot]], [model], cpu(0), name="train")
