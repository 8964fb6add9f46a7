"""The curve of errors: a line a format, with its figures and in the look of their kind."""

from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from workbench.types import Quantity
from workbench.viz.curve_figure import draw_curve


def fit(error, parameters):
    return SimpleNamespace(
        error=Quantity(error, "1", "measured", "by a test"),
        parameters=Quantity(parameters, "1", "predicted", "by a test"),
    )


@pytest.fixture
def axes():
    lines = {"cp": [fit(0.5, 100), fit(0.2, 300)], "tt": [fit(0.4, 150)]}
    axes = Figure().add_subplot()
    draw_curve(axes, SimpleNamespace(lines=lines))
    return axes


def test_a_line_a_format_through_its_errors(axes):
    drawn = {line.get_label(): line for line in axes.get_lines()}
    assert list(drawn) == ["cp", "tt"]
    assert list(drawn["cp"].get_xdata()) == [100, 300]
    assert list(drawn["cp"].get_ydata()) == [0.5, 0.2]


def test_the_axes_say_what_kind_their_figures_are(axes):
    assert axes.get_xlabel() == "parameters, predicted"
    assert axes.get_ylabel() == "relative error, measured"


def test_formats_differ_by_their_marks_and_measured_ones_are_filled(axes):
    one, two = axes.get_lines()
    assert one.get_marker() != two.get_marker()
    assert one.get_markerfacecolor() == one.get_color()
    assert one.get_linestyle() == "-"
