"""Workloads of a few lines, for tests of planners."""

from workbench.memory.workload import Operation, Workload


def chain(sizes, flops=None, reads_input=False, reads_output=None, workspace=()):
    """A chain of layers: layer i reads value i and gives i + 1, of so many bytes.

    Its gradient reads value i + 1, or if it `reads_input` value i, or both, and the gradient that arrives.
    """
    count = len(sizes)
    operations = [Operation(f"layer{i}", (i,), (i + 1,)) for i in range(count)]
    cotangent = count + 1
    bytes_of = [0, *sizes, 0]
    reads_output = not reads_input if reads_output is None else reads_output
    for i in reversed(range(count)):
        bytes_of.append(sizes[i - 1] if i else 0)
        read = (i,) * reads_input + (i + 1,) * reads_output
        operations.append(Operation(f"layer{i}_backward", (*read, cotangent), (len(bytes_of) - 1,), of=i))
        cotangent = len(bytes_of) - 1
    cost = (
        (lambda i: 1.0)
        if flops is None
        else (lambda i: flops[i] if i < count else 2 * flops[2 * count - 1 - i])
    )
    return Workload(operations, count, bytes_of, [0, count + 1], [cotangent], cost, workspace)
