from dataclasses import dataclass

from workbench.types import Quantity
from workbench.viz.savings_figure import MARKS, savings_figure, savings_svg


@dataclass(frozen=True)
class Network:
    variant: str
    accuracy: Quantity
    savings: Quantity
    published: tuple[Quantity, Quantity] | None = None


def percent(value, kind, spread=None):
    return Quantity(value, "%", kind, "a test", spread=spread)


def published(saved, accuracy):
    return percent(saved, "published"), percent(accuracy, "published")


NETWORKS = [
    Network("dense", percent(90, "measured", (89, 92)), percent(0, "predicted"), published(0, 56)),
    Network("compact", percent(88, "measured", (87, 88.5)), percent(40, "predicted"), published(35, 57.5)),
    Network("tiny", percent(80, "measured"), percent(99, "predicted")),
]


def test_marks_stand_at_the_difference_from_their_own_baseline():
    (axes,) = savings_figure(NETWORKS).axes
    filled = [bar.lines[0] for bar in axes.containers]
    assert [line.get_xydata().tolist() for line in filled] == [[[0, 0]], [[40, -2]], [[99, -10]]]
    assert [line.get_marker() for line in filled] == list(MARKS[:3])
    spans = [bar.lines[2][0].get_segments()[0][:, 1].tolist() for bar in axes.containers]
    assert spans == [[-1, 2], [-3, -1.5], [-10, -10]]
    hollow = [line for line in axes.lines if line.get_fillstyle() == "none"]
    assert [line.get_xydata().tolist() for line in hollow] == [[[0, 0]], [[35, 1.5]]]
    assert [line.get_marker() for line in hollow] == list(MARKS[:2])


def test_the_legend_names_each_figures_kind():
    (axes,) = savings_figure(NETWORKS).axes
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {
        "dense: 90.00 %, measured",
        "compact: 88.00 %, measured",
        "tiny: 80.00 %, measured",
        "AlexNet on ImageNet: 56.00 %, published",
        "AlexNet on ImageNet: 57.50 %, published",
    }


def test_equal_outcomes_draw_equal_files():
    assert savings_svg(NETWORKS) == savings_svg(NETWORKS)
    assert "accuracy less the baseline" in savings_svg(NETWORKS)
