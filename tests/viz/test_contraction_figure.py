from dataclasses import dataclass, field

from workbench.types import Quantity
from workbench.viz.contraction_figure import contraction_figure, contraction_svg

NAMES = {"tcl": "TCL", "trl": "TRL", "cp": "CP", "tucker": "Tucker", "tt": "tensor train"}


def figures(saved, parameters):
    return [
        {"name": "parameters", "value": parameters, "unit": "1"},
        {"name": "space savings", "value": saved, "unit": "%"},
    ]


@dataclass
class State:
    """What a drawing asks of an explorer."""

    title: str = "a tensor"
    variant: str = "tcl"
    order: str = "best"
    ranks: list = field(default_factory=lambda: [2, 1])
    found: dict = field(
        default_factory=lambda: {
            "errors": {"tucker": {"value": 0.25}},
            "variants": [
                {"name": name, "title": title, "figures": figures(10 * at, 7 + at)}
                for at, (name, title) in enumerate(NAMES.items())
            ],
        }
    )
    fits: dict = field(
        default_factory=lambda: {
            "cp": [{"parameters": 5, "error": 0.5}, {"parameters": 9, "error": 0.1}],
            "tt": [],
        }
    )
    published: list = field(
        default_factory=lambda: [{"variant": "trl", "network": "Net/Data", "value": 68.2}]
    )
    figures: list = field(default_factory=lambda: [Quantity(1.0, "s", "measured", "a clock", "time")])


def test_the_parts_are_drawn():
    savings, errors, _ = contraction_figure(State()).axes
    assert [bar.get_width() for bar in savings.patches] == [0, 10, 20, 30, 40]
    assert all(bar.get_hatch() for bar in savings.patches)
    (point,) = savings.lines
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (68.2, 5)
    assert [each.get_text() for each in savings.get_yticklabels()] == [*NAMES.values(), "Net TRL"]
    assert point.get_fillstyle() == "none"
    line, mark = errors.lines
    assert list(line.get_ydata()) == [0.5, 0.1]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (10, 0.25)


def test_without_errors_it_says_so():
    state = State(fits={"cp": [], "tt": []})
    state.found["errors"] = {"tucker": None}
    assert "no error is known yet" in contraction_svg(state)


def test_equal_states_give_equal_pictures():
    assert contraction_svg(State()) == contraction_svg(State())
    assert "a tensor, ranks 2, 1, order best" in contraction_svg(State())
