"""What an executor says of its memory: the planned figure, without compiling or allocating."""

import workbench as mx
from workbench import networks
from workbench.runtime.compile import cache

MIB = 2**20


def told(symbol, **options):
    """(megabytes, workspaces) where scripts look for them."""
    lines = symbol.simple_bind(mx.cpu(), **options).debug_str().split("\n")
    assert lines[-1] == ""
    total, spaces = lines[-3].split(), lines[-2].split()
    assert (total[0], *total[2:]) == ("Total", "MB", "allocated")
    assert (spaces[0], *spaces[2:]) == ("Total", "TempSpace", "resource", "requested")
    return int(total[1]), int(spaces[1])


def mlp():
    """Sixteen layers whose every activation takes 4 MiB."""
    return networks.deep_mlp(depth=16, width=1024, batch=1024)


def marked(symbol, kept):
    symbol = symbol.__copy__()
    for internal in symbol.get_internals():
        if not internal.name.endswith(("weight", "bias", "label")):
            internal._set_attr(force_mirroring=str(internal.name not in kept))
    return symbol


def test_the_figure_is_what_the_shared_plan_takes():
    net = mlp()
    plan = mx.memory.plan(net.symbol, net.shapes, "none")
    assert told(net.symbol, **net.shapes) == (plan.arena().size // MIB, 1)


def test_an_inference_has_no_activations_to_keep():
    net = mlp()
    megabytes, _ = told(net.symbol, grad_req="null", **net.shapes)
    assert megabytes == 8  # a layer's input and output


def test_marks_change_the_figure():
    net = mlp()
    whole, _ = told(net.symbol, **net.shapes)
    few, _ = told(marked(net.symbol, {"act3", "act7", "act11"}), **net.shapes)
    none, _ = told(marked(net.symbol, set()), **net.shapes)
    assert few < whole
    assert few < none


def test_a_plan_that_was_bound_gives_the_figure():
    net = mlp()
    plan = mx.memory.plan(net.symbol, net.shapes, "chen")
    megabytes, _ = told(net.symbol, plan=plan, **net.shapes)
    assert megabytes == plan.arena().size // MIB < told(net.symbol, **net.shapes)[0]


def test_nothing_is_compiled_or_allocated_for_it():
    net = networks.resnet((1, 1), image=(3, 64, 64), batch=512)
    before = cache.misses
    executor = net.symbol.simple_bind(mx.cpu(), **net.shapes)
    assert "Op:_backward_Convolution, Name=conv0_backward" in executor.debug_str().splitlines()
    assert cache.misses == before
    assert all(array._storage.cell.array is None for array in executor.arg_arrays)
