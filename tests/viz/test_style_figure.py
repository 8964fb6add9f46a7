import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from workbench.types import Quantity
from workbench.viz.style_figure import style_figure, style_svg


def node(index, phase="forward", fate="kept"):
    return {"id": index, "name": f"op{index}", "phase": phase, "fate": fate}


@dataclass
class State:
    title: str = "net"
    nodes: list = field(default_factory=lambda: [node(0), node(1), node(2, "backward", "removed")])
    levels: list = field(default_factory=lambda: [{"label": "one segment"}])
    cut: int = 0
    segments: list = field(default_factory=lambda: [[0, 1]])
    visible: list = field(default_factory=lambda: [1])
    trace: list = field(default_factory=list)
    figures: list = field(default_factory=lambda: [Quantity(1, "1", "predicted", "a count", "dispatches")])


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


def test_it_says_what_is_cut_dropped_and_visible():
    svg = style_svg(State())
    assert "net cut at one segment: 1 segment; a dot marks the 1 of 3 values that can be printed" in svg
    assert "op2 (removed)" in svg
    assert "dispatches: 1, predicted" in svg
    assert "not measured yet" in svg


def test_a_trace_is_drawn_to_scale():
    trace = [{"start_s": 0.0, "duration_s": 0.25}, {"start_s": 0.5, "duration_s": 0.5}]
    figure = style_figure(State(trace=trace))
    bars = figure.axes[1].collections[0].get_paths()
    assert [(path.get_extents().x0, path.get_extents().x1) for path in bars] == [(0, 0.25), (0.5, 1)]


def test_equal_states_give_equal_text():
    assert style_svg(State()) == style_svg(State())
    assert style_svg(State()) != style_svg(State(visible=[0, 1]))


def test_a_long_step_takes_more_rows_and_long_names_are_shortened():
    nodes = [node(index) | {"name": f"a_very_long_name_of_operation_{index}"} for index in range(100)]
    state = State(nodes=nodes, segments=[list(range(100))])
    assert style_figure(state).get_size_inches()[1] > style_figure(State()).get_size_inches()[1]
    assert "a_very_lo…ation_99" in style_svg(state)


def test_the_module_is_imported_without_matplotlib():
    program = "import sys, workbench.viz.style_figure; print('matplotlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"
