"""Small workloads drawn at random: chains, and graphs with skips."""

from chains import chain
from hypothesis import strategies as st

from workbench.memory.workload import Operation, Workload


@st.composite
def chains(draw, most=8, reads_input=False, reads_output=None):
    """A chain of layers of small sizes and work; gradients read what their layer gives, or what it reads."""
    count = draw(st.integers(1, most))
    taken = draw(st.one_of(st.just(()), _list(2 * count, 0, 3)))
    return chain(draw(_list(count, 1, 6)), draw(_list(count, 1, 9)), reads_input, reads_output, taken)


@st.composite
def graphs(draw, most=4):
    """Forward operations that read any earlier values, and a gradient for each: twice `most` operations at most.

    Each gradient reads some of what its operation reads and gives, and what arrives from those that read its
    output; it gives a part for each value it differentiates by, and a result.
    """
    count = draw(st.integers(1, most))
    reads, unread = [], set()
    for i in range(count):
        chosen = set(draw(st.lists(st.integers(0, i), min_size=1, max_size=2)))
        chosen |= unread if i == count - 1 else set()
        unread = (unread | {i + 1}) - chosen
        reads.append(tuple(sorted(chosen)))
    sizes = [0, *draw(_list(count, 1, 5)), 0]
    cotangent = count + 1
    operations = [Operation(f"f{i}", reads[i], (i + 1,), cheap=draw(st.booleans())) for i in range(count)]
    arriving, results = {count: [cotangent]}, [count]
    for i in reversed(range(count)):
        saved = tuple(v for v in (*reads[i], i + 1) if draw(st.booleans()))
        parts = [v for v in reads[i] if v]
        gives = tuple(range(len(sizes), len(sizes) + len(parts) + 1))
        sizes += [*(sizes[v] for v in parts), 1]
        results.append(gives[-1])
        for v, part in zip(parts, gives, strict=False):
            arriving.setdefault(v, []).append(part)
        read = (*saved, *arriving[i + 1])
        over = ((gives[0], read[-1]),) if parts and draw(st.booleans()) and read[-1] != cotangent else ()
        operations.append(Operation(f"b{i}", read, gives, of=i, in_place=over))
    flops = draw(_list(len(operations), 1, 9))
    taken = draw(st.one_of(st.just(()), _list(len(operations), 0, 3)))
    return Workload(operations, count, sizes, [0, cotangent], results, flops.__getitem__, taken)


def _list(count, low, high):
    return st.lists(st.integers(low, high), min_size=count, max_size=count)
