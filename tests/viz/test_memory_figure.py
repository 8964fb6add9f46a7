import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from workbench.types import Quantity
from workbench.viz.memory_figure import memory_figure, memory_svg, peak_place

KIB = 1024


def plan(strategy, peak, forwards):
    line = [KIB, peak - KIB, KIB]
    return {
        "strategy": strategy,
        "peak": peak,
        "held": KIB,
        "forwards": forwards,
        "length": 30,
        "places": [0, 12, 29],
        "bytes": {"parameter": [KIB] * 3, "activation": line},
        "calibrated": None,
    }


@dataclass
class State:
    title: str = "net"
    strategies: list = field(default_factory=lambda: ["none", "chen"])
    plans: list = field(default_factory=lambda: [plan("none", 8 * KIB, 0.0), plan("chen", 4 * KIB, 0.9)])
    growth: list = field(default_factory=list)
    chosen: int | None = 1
    figures: list = field(default_factory=lambda: [Quantity(4 * KIB, "B", "predicted", "sums", "peak bytes")])


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


def test_it_says_the_chosen_plans_peak_and_figures():
    svg = memory_svg(State())
    assert "net, strategy chen: alive through one training pass, predicted" in svg
    assert "peak 4.00 KiB" in svg
    assert "peak bytes: 4.00 KiB, predicted" in svg
    assert peak_place(State().plans[0]) == 12


def test_it_shows_what_the_compiled_programs_take_once_that_is_known():
    plans = State().plans
    lines = {"parameter": [KIB] * 3, "activation": [KIB] * 3, "workspace": [0, 0, 3 * KIB]}
    plans[1] = {**plans[1], "calibrated": lines}
    svg = memory_svg(State(plans=plans))
    assert "alive through one training pass, predicted, calibrated" in svg
    assert "workspace" in svg
    assert "peak 5.00 KiB" in svg
    assert peak_place(plans[1]) == 29


def test_every_plan_is_a_mark_of_its_strategy():
    front = memory_figure(State()).axes[1]
    marks = [(line.get_xdata()[0], line.get_ydata()[0]) for line in front.lines]
    assert marks == [
        (7 * KIB, 0.0),
        (3 * KIB, 0.9),
        (3 * KIB, 0.9),
    ]  # none, chen, and the ring around the chosen


def test_growth_is_drawn_where_there_is_some():
    grown = [{"strategy": "none", "length": n, "bytes": n * KIB} for n in (2, 4, 8)]
    axes = memory_figure(State(growth=grown)).axes[2]
    assert axes.lines[0].get_xdata().tolist() == [2, 4, 8]
    assert "drawn for the course's networks alone" in memory_svg(State())


def test_without_plans_it_says_so():
    svg = memory_svg(State(plans=[], chosen=None, figures=[]))
    assert svg.count("no plan has been found yet") == 2


def test_equal_states_give_equal_text():
    assert memory_svg(State()) == memory_svg(State())
    assert memory_svg(State()) != memory_svg(State(chosen=0))


def test_the_module_is_imported_without_matplotlib():
    program = "import sys, workbench.viz.memory_figure; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
