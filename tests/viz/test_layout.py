"""The layered layout: whatever the graph, arrows lead down and boxes do not touch."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workbench.viz.layout import layered


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 25))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = {(min(a, b), max(a, b)) for a, b in draw(st.lists(pairs, max_size=60)) if a != b}
    widths = draw(st.lists(st.floats(10, 200), min_size=count, max_size=count))
    return widths, sorted(edges)


@given(graphs())
def test_arrows_lead_down_and_boxes_do_not_touch(graph):
    widths, edges = graph
    place = layered(widths, edges, row=50, gap=10)
    for (source, target), line in zip(edges, place.lines, strict=True):
        assert (line[0], line[-1]) == (place.centres[source], place.centres[target])
        assert [b[1] - a[1] for a, b in pairwise(line)] == [50] * (len(line) - 1)
    boxes = list(zip(place.centres, widths, strict=True))
    for i, ((x, y), width) in enumerate(boxes):
        assert width / 2 <= x <= place.width - width / 2
        assert 0 < y < place.height
        for (other_x, other_y), other in boxes[i + 1 :]:
            assert y != other_y or abs(x - other_x) >= (width + other) / 2 + 10 - 1e-6


def test_a_chain_is_a_straight_line():
    place = layered([30.0] * 500, [(i, i + 1) for i in range(499)])
    assert len({x for x, _ in place.centres}) == 1


def test_what_reads_nothing_stands_above_what_reads_it():
    place = layered([30.0] * 4, [(0, 1), (1, 3), (2, 3)], row=50)
    assert [y for _, y in place.centres] == [25, 75, 75, 125]
