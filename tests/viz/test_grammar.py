from itertools import combinations
from typing import get_args

import pytest

from workbench.types import Kind
from workbench.viz.grammar import bar_style, buffer_colour, device_colour, line_style, phase_colour, tokens


def test_each_kind_of_figure_looks_different_without_its_colour():
    looks = {kind: bar_style(kind, "#123456") for kind in get_args(Kind)}
    shapes = [(look["facecolor"] == "none", look["linestyle"], look["hatch"]) for look in looks.values()]
    assert len(set(shapes)) == 3
    assert looks["measured"]["facecolor"] == "#123456"
    assert looks["predicted"]["linestyle"] == "dashed"


def test_lines_of_each_kind_look_different_without_their_colour():
    looks = {kind: line_style(kind, "#123456") for kind in get_args(Kind)}
    assert len({(look["markerfacecolor"] == "none", look["linestyle"]) for look in looks.values()}) == 3
    assert looks["predicted"]["linestyle"] == "dashed"
    assert looks["published"]["markerfacecolor"] == "none"


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_buffers_can_be_told_apart_in_grey(theme):
    greys = [luminance(buffer_colour(kind, theme)) for kind in tokens()["buffers"]]
    for one, other in combinations(greys, 2):
        lighter, darker = max(one, other), min(one, other)
        assert (lighter + 0.05) / (darker + 0.05) > 1.3


def test_a_phase_has_the_colour_of_what_it_makes():
    assert phase_colour("forward") == buffer_colour("activation")
    assert phase_colour("backward", "dark") == buffer_colour("gradient", "dark")
    assert phase_colour("update") == buffer_colour("parameter")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_devices_differ_from_each_other_and_from_the_page(theme):
    colours = [device_colour(f"cpu({number})", theme) for number in range(8)]
    assert len(set(colours)) == 8
    assert device_colour("cpu(9)", theme) == colours[1]
    page = luminance("#ffffff" if theme == "light" else "#111111")
    for colour in colours:
        lighter, darker = sorted((luminance(colour), page), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) > 3
