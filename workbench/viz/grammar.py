"""One visual grammar: how a figure's kind, a buffer and a phase look, in every plot, widget and page.

The tokens stand in `grammar.json`, which the widgets' TypeScript reads too.  A *measured* figure is a
solid line or a filled mark, a *predicted* one dashed or hatched, a *published* one hollow: the eye can
tell them apart without colour.  The colours of the buffers differ in lightness, so they can be told apart
in grey as well.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from workbench.types import Kind


@cache
def tokens() -> dict[str, Any]:
    """The whole grammar, as it stands in the file."""
    return json.loads(resources.files(__package__).joinpath("grammar.json").read_text(encoding="utf-8"))


def buffer_colour(kind: str, theme: str = "light") -> str:
    """Colour of a parameter, gradient, activation or workspace buffer."""
    return tokens()["buffers"][kind][theme]


def device_colour(device: object, theme: str = "light") -> str:
    """Colour of a device, by the number in its name, such as ``cpu(1)``; they come again after the eighth."""
    digits = re.search(r"\d+", str(device))
    colours = tokens()["devices"]
    return colours[int(digits[0]) % len(colours) if digits else 0][theme]


def phase_colour(phase: str, theme: str = "light") -> str:
    """Colour of a phase: that of the buffers it makes."""
    return buffer_colour(tokens()["phases"][phase]["buffer"], theme)


def bar_style(kind: Kind, colour: str) -> dict[str, Any]:
    """Keywords for a matplotlib patch (a bar, a mark) that shows a figure of this kind."""
    look = tokens()["kinds"][kind]
    return {
        "facecolor": colour if look["filled"] else "none",
        "edgecolor": colour,
        "linestyle": look["line"],
        "hatch": look["hatch"],
        "linewidth": 1.2,
    }


def line_style(kind: Kind, colour: str) -> dict[str, Any]:
    """Keywords for a matplotlib line through marks that shows figures of this kind."""
    look = tokens()["kinds"][kind]
    return {
        "color": colour,
        "linestyle": look["line"],
        "markerfacecolor": colour if look["filled"] else "none",
        "markeredgecolor": colour,
        "linewidth": 1.2,
        "markersize": 5,
    }
