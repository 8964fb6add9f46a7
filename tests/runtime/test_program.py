import numpy as np
import pytest

from workbench import ops  # noqa: F401 (registers the operators)
from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.graph import cut
from workbench.graph.bind import bind
from workbench.graph.cut import Cut
from workbench.graph.node import Graph, Node, Value
from workbench.ops import registry
from workbench.runtime import trace
from workbench.runtime.compile import cache
from workbench.runtime.device import cpu
from workbench.runtime.program import Program, planned_workspace
from workbench.types import tensor_type

ROW = tensor_type((256,), "float32")
BYTES = ROW.nbytes


def call(op, *values, name, **attrs):
    bound, scalars = bind(registry.get(op), attrs)
    return Value(Node(bound, values, scalars, name))


@pytest.fixture
def graph():
    """x → exp → square → add(·, x) → times 3, five values of one size."""
    x = Value(Node(None, name="x"))
    exp = call("exp", x, name="exp")
    square = call("square", exp, name="square")
    add = call("elemwise_add", square, x, name="add")
    return Graph((call("_mul_scalar", add, name="times", scalar=3.0),), (x.node,))


def program(graph, policy):
    return Program(graph, policy, lambda value: ROW, cpu())


@pytest.fixture
def x():
    return np.linspace(-1, 1, 256, dtype=np.float32)


POLICIES = [cut.every(1), cut.every(3), cut.into(2), cut.after(["exp"]), cut.whole()]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.label)
def test_every_cut_computes_the_same(graph, x, policy):
    (result,) = program(graph, policy).run([x])
    np.testing.assert_allclose(result, 3 * (np.exp(x) ** 2 + x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("policy", "count"), [(cut.every(1), 4), (cut.every(3), 2), (cut.whole(), 1)])
def test_each_segment_leaves_one_event_in_the_trace(graph, x, policy, count):
    cut_up = program(graph, policy)
    with trace.record() as events:
        cut_up.run([x])
    assert [event.segment for event in events] == list(cut_up.segments)
    assert cut_up.dispatches == count


def test_a_piece_hands_out_only_what_is_still_read(graph):
    first, second = program(graph, cut.every(3)).pieces
    assert [value.node.name for value in first.gives] == ["add"]
    assert [value.node.name for value in second.reads] == ["add"]


def test_a_value_is_let_go_after_its_last_reader(graph, x):
    alive = []
    program(graph, cut.every(1)).run([x], lambda _, live: alive.append({v.node.name for v in live}))
    assert alive == [{"x", "exp"}, {"x", "exp", "square"}, {"x", "square", "add"}, {"add", "times"}]


def test_the_predicted_peak_counts_inputs_crossing_values_and_the_segment_itself(graph):
    by_op = program(graph, cut.every(1))
    assert by_op.peak_bytes() == 3 * BYTES  # x, what is read and what is made
    whole = program(graph, cut.whole())
    assert planned_workspace(whole.segments[0]) == 2 * BYTES  # exp and square, then square and add
    assert whole.peak_bytes() == 4 * BYTES  # beside them x and the result
    assert whole.peak_bytes(workspace=lambda segment: 0) == 2 * BYTES


def test_live_bytes_can_be_those_of_some_values(graph):
    by_op = program(graph, cut.every(1))
    assert by_op.input_bytes == BYTES
    assert by_op.live_bytes() == [BYTES, 2 * BYTES, 2 * BYTES, 2 * BYTES]  # what is read last is there still
    assert by_op.live_bytes(lambda value: value.node.name == "exp") == [BYTES, BYTES, 0, 0]


def test_cutting_moves_more_bytes(graph):
    assert program(graph, cut.whole()).traffic_bytes == 2 * BYTES
    assert program(graph, cut.every(1)).traffic_bytes == 9 * BYTES  # three read one value, one two; four give


def test_work_does_not_depend_on_the_cut(graph):
    assert program(graph, cut.whole()).flops == program(graph, cut.every(1)).flops > 0


def test_equal_pieces_share_one_executable(x):
    variable = Value(Node(None, name="x"))
    last = variable
    for index in range(3):
        last = call("square", last, name=f"square{index}")
    cut_up = program(Graph((last,), (variable.node,)), cut.every(1))
    cache.get(cut_up.segments[0])
    misses = cache.misses
    cut_up.run([x])
    assert cache.misses == misses


def test_an_input_can_be_an_output(x):
    variable = Value(Node(None, name="x"))
    (same,) = program(Graph((variable,), (variable.node,)), cut.whole()).run([x])
    assert same is x


def test_a_cut_in_the_wrong_order_is_refused(graph):
    backward = Cut("backward", lambda nodes: [[node] for node in reversed(nodes)])
    with pytest.raises(ArgumentError, match="'backward' runs 'times' before, or without, 'add'"):
        program(graph, backward)


def test_a_cut_that_leaves_the_result_out_is_refused(graph):
    short = Cut("short", lambda nodes: [list(nodes[:-1])])
    with pytest.raises(ArgumentError, match="'short' leaves out 'times'"):
        program(graph, short)


def test_arrays_that_do_not_fit_are_refused(graph, x):
    cut_up = program(graph, cut.whole())
    with pytest.raises(ArgumentError, match=r"takes 1 arrays \(x\), got 2"):
        cut_up.run([x, x])
    with pytest.raises(ShapeError, match=r"'x' has shape \(256,\), got \(2,\)"):
        cut_up.run([x[:2]])
    with pytest.raises(DTypeError, match="'x' is float32, got float64"):
        cut_up.run([x.astype(np.float64)])
