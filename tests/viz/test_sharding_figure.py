"""Where arrays lie, drawn: a rectangle a piece, in the colour of the device that holds it."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from workbench.errors import ArgumentError
from workbench.parallel import Shard, Sharded, Shardings
from workbench.viz.grammar import device_colour
from workbench.viz.sharding_figure import drawn_axes, sharding_figure, sharding_svg

HALVES = ((0, 2), (2, 4))
WEIGHT = Sharded(
    "weight", (4, 6), tuple(Shard(f"cpu({i})", i, True, (HALVES[i % 2], (0, 6))) for i in range(4))
)
FAR = Sharded(
    "far", (4,), (Shard("cpu(0)", 0, True, ((0, 2),)), Shard("cpu(0) of process 1", 4, False, ((2, 4),)))
)
STATE = Shardings("two arrays", (WEIGHT, FAR))


def rectangles(axes, filled=True):
    return [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_fill() is filled]


def test_copies_share_a_piece_in_stripes():
    weight, far = sharding_figure(STATE).axes
    assert [patch.get_bbox().bounds for patch in rectangles(weight)] == [
        (0, 0, 0.5, 0.5),
        (0.5, 0, 0.5, 0.5),
        (0, 0.5, 0.5, 0.5),
        (0.5, 0.5, 0.5, 0.5),
    ]
    assert [patch.get_bbox().bounds for patch in rectangles(weight, filled=False)] == [
        (0, 0, 1, 0.5),
        (0, 0.5, 1, 0.5),
    ]
    assert [to_hex(patch.get_facecolor()) for patch in rectangles(weight)] == [
        device_colour(number) for number in (0, 2, 1, 3)
    ]
    assert [text.get_text() for text in weight.texts] == ["0", "2", "1", "3"]
    assert [patch.get_bbox().bounds for patch in rectangles(far)] == [(0, 0, 0.5, 1), (0.5, 0, 0.5, 1)]


def test_what_another_process_holds_is_pale_with_a_dotted_edge():
    here, there = rectangles(sharding_figure(STATE).axes[1])
    assert here.get_linestyle() == "solid"
    assert there.get_linestyle() == "dotted"
    assert there.get_facecolor()[3] < 0.5


def test_the_legend_names_every_device_once():
    (legend,) = sharding_figure(STATE).legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["cpu(0)", "cpu(1)", "cpu(2)", "cpu(3)", "cpu(0) of process 1"]


def test_axes_that_are_cut_are_drawn():
    quarter = tuple(Shard("cpu(0)", i, True, ((0, 1), (0, 2), (i, i + 1), (0, 5))) for i in range(2))
    assert drawn_axes(Sharded("x", (1, 2, 2, 5), quarter)) == (0, 2)
    assert drawn_axes(FAR) == (None, 0)
    assert drawn_axes(Sharded("scalar", (), (Shard("cpu(0)", 0, True, ()),))) == (None, None)


def test_the_drawing_is_the_same_for_the_same_layout():
    assert sharding_svg(STATE) == sharding_svg(STATE)
    assert "two arrays" in sharding_svg(STATE)


@pytest.mark.parametrize("state", [None, 5, {"a": 1}])
def test_what_is_no_layout_is_refused(state):
    for drawing in (sharding_figure, sharding_svg):
        with pytest.raises(
            ArgumentError, match=rf"draws what parallel\.shards\(arrays\) gives, got {type(state).__name__}"
        ):
            drawing(state)
