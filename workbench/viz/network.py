"""`plot_network`: a symbol as a picture, in Graphviz's language and as an SVG that needs no program to draw.

The picture takes its ink from the page (``currentColor``), so it is readable on light and dark, and says in words
what it shows.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from workbench.arguments import checked
from workbench.errors import NotSupportedError
from workbench.graph.bind import BoundOp
from workbench.graph.infer import Inference
from workbench.graph.node import Node, Value
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape
from workbench.viz.layout import Layout, layered

PARAMETERS = (
    "_weight",
    "_bias",
    "_beta",
    "_gamma",
    "_moving_mean",
    "_moving_var",
    "_running_mean",
    "_running_var",
)
COLOURS = {
    "null": "#8c8c8c",
    "Convolution": "#e15759",
    "Deconvolution": "#e15759",
    "FullyConnected": "#e15759",
    "BatchNorm": "#76b7b2",
    "Activation": "#f28e2b",
    "LeakyReLU": "#f28e2b",
    "Pooling": "#4e79a7",
    "Concat": "#59a14f",
    "Flatten": "#59a14f",
    "Reshape": "#59a14f",
}
OTHER = "#edc948"
LETTER, LINE, MARGIN = 7.2, 16.0, 10.0  # of the text in a box, in pixels
SHRINK = 0.75  # as far as a notebook may shrink a wide picture before it scrolls instead


@dataclass(frozen=True)
class Box:
    """A node as it is drawn."""

    name: str
    lines: tuple[str, ...]
    colour: str


@dataclass(frozen=True)
class NetworkPlot:
    """A drawn network: `source` for Graphviz, `svg` for everything else; a notebook shows the latter."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int, str], ...]
    node_attrs: Mapping[str, str]

    @property
    def source(self) -> str:
        """The graph in Graphviz's language."""
        look = {"shape": "box", "style": "rounded", **self.node_attrs}
        lines = [f"digraph {_quoted(self.title)} {{", f"\tnode [{_attributes(look)}]"]
        for box in self.boxes:
            label = "\n".join(box.lines)
            lines.append(f"\t{_quoted(box.name)} [{_attributes({'label': label, 'color': box.colour})}]")
        for source, target, label in self.edges:
            names = f"{_quoted(self.boxes[source].name)} -> {_quoted(self.boxes[target].name)}"
            lines.append(f"\t{names}" + (f" [{_attributes({'label': label})}]" if label else ""))
        return "\n".join([*lines, "}\n"])

    @property
    def svg(self) -> str:
        """The drawing as SVG text, equal for equal networks."""
        widths = [2 * MARGIN + LETTER * max(map(len, box.lines)) for box in self.boxes]
        place = layered(widths, [(source, target) for source, target, _ in self.edges])
        size = f'width="{place.width:.0f}" height="{place.height:.0f}"'
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {place.width:.0f} {place.height:.0f}" '
            f'style="min-width:{SHRINK * place.width:.0f}px" '
            'role="img" font-family="sans-serif" font-size="12" text-anchor="middle">',
            f"<title>{html.escape(self.title)}</title><desc>{html.escape(self.description)}</desc>",
            *self._drawn_lines(place),
            *[
                _drawn_box(box, width, centre)
                for box, width, centre in zip(self.boxes, widths, place.centres, strict=True)
            ],
            "</svg>",
        ]
        return "\n".join(parts)

    def _drawn_lines(self, place: Layout) -> list[str]:
        drawn = []
        leaving = Counter(source for source, _, _ in self.edges)
        entering = Counter(target for _, target, _ in self.edges)
        for (source, target, label), points in zip(self.edges, place.lines, strict=True):
            start, end = _half(self.boxes[source]), _half(self.boxes[target])
            first, last = points[0], points[-1]
            ends = [(first[0], first[1] + start), *points[1:-1], (last[0], last[1] - end - 5)]
            drawn.append(
                f'<path d="{_curve(ends)}" fill="none" stroke="currentColor" stroke-opacity="0.6"/>'
                f'<path d="M{last[0] - 3:.1f},{last[1] - end - 6:.1f}h6l-3,6z" fill="currentColor"/>'
            )
            if label:
                x, y = (ends[0][0] + ends[1][0]) / 2 + 4, (ends[0][1] + ends[1][1]) / 2 + 4
                if leaving[source] > 1 and entering[target] == 1:  # there the line is alone
                    x, y = last[0] + 5, last[1] - end - 3
                drawn.append(
                    f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="start" font-size="10" fill="currentColor" '
                    f'fill-opacity="0.8">{html.escape(label)}</text>'
                )
        return drawn

    @property
    def description(self) -> str:
        """The picture in words: every node with what it reads."""
        reads: dict[int, list[str]] = {i: [] for i in range(len(self.boxes))}
        for source, target, _ in self.edges:
            reads[target].append(self.boxes[source].name)
        sentences = []
        for i, box in enumerate(self.boxes):
            what = ", ".join(box.lines[1:])
            after = f" reads {', '.join(reads[i])}" if reads[i] else ""
            sentences.append(f"{box.name}{f' ({what})' if what else ''}{after}.")
        return " ".join(sentences)

    def save(self, filename: str | Path) -> Path:
        """Writes the picture (``.svg``) or its source (``.gv``, ``.dot``).

        Raises:
            NotSupportedError: another format is asked for.
        """
        path = Path(filename)
        texts = {".svg": lambda: self.svg, ".gv": lambda: self.source, ".dot": lambda: self.source}
        if path.suffix not in texts:
            raise NotSupportedError(
                f"save({path.name!r}): the workbench draws .svg and writes .gv; Graphviz's dot makes the rest of .gv"
            )
        path.write_text(texts[path.suffix](), encoding="utf-8")
        return path

    def render(self, filename: str | Path | None = None) -> Path:
        """Writes the picture as ``<filename>.svg``, by default under the title."""
        path = Path(filename or self.title)
        return self.save(path if path.suffix == ".svg" else path.with_name(f"{path.name}.svg"))

    def _repr_html_(self) -> str:
        frame = "overflow:auto;max-height:32em;max-width:100%"
        label = f'tabindex="0" role="region" aria-label="{html.escape(self.title)}"'
        return f'<div style="{frame}" {label}>{self.svg}</div>'

    def __repr__(self) -> str:
        return f"NetworkPlot({self.title!r}: {len(self.boxes)} nodes, {len(self.edges)} edges)"


@checked
def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "svg",
    shape: Mapping[str, Shape] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> NetworkPlot:
    """The network as a picture.

    Args:
        symbol: the network.
        title: its name, and that of a file it is rendered to.
        save_format: ``"svg"`` (or MXNet's default ``"pdf"``, for which `source` is the input of Graphviz's dot).
        shape: shapes of the inputs by name; edges show what flows along them, without the batch.
        dtype: dtypes of the inputs by name; edges show them too.
        node_attrs: Graphviz's attributes of all nodes in `source`.
        hide_weights: leave out weights, biases and auxiliary states.

    Raises:
        ArgumentError: it is no Symbol, or a name is unknown.
        ShapeError: the shapes do not fit.
        NotSupportedError: another format is asked for.
    """
    if save_format not in ("svg", "pdf", "gv", "dot"):
        raise NotSupportedError(
            f"plot_network(save_format={save_format!r}): 'svg', or Graphviz's dot on `source`"
        )
    symbol.infer_shape_partial(**(shape or {}))  # refuses unknown names
    inference = Inference(symbol.values, shape or {}, dtype or {})
    nodes = [n for n in symbol.nodes if not (hide_weights and _is_weight(n))]
    at = {id(n): i for i, n in enumerate(nodes)}
    names = _distinct([n.name for n in nodes])
    boxes = tuple(
        Box(name, (name, *_facts(n)), COLOURS.get(n.op, OTHER)) for name, n in zip(names, nodes, strict=True)
    )
    edges = tuple(
        (at[id(v.node)], at[id(n)], _flow(v, inference, bool(shape), bool(dtype)))
        for n in nodes
        for v in n.inputs
        if id(v.node) in at
    )
    return NetworkPlot(title, boxes, edges, dict(node_attrs or {}))


def _is_weight(node: Node) -> bool:
    return node.is_variable and node.name.endswith(PARAMETERS)


def _distinct(names: list[str]) -> list[str]:
    count: dict[str, int] = {}
    for name in names:
        count[name] = count.get(name, 0) + 1
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if count[name] == 1 else f"{name} ({seen[name]})")
    return made


def _facts(node: Node) -> list[str]:
    """The lines under a node's name: its operator and what one wants to know of it."""
    if not isinstance(node.bound, BoundOp):
        return [node.op] if node.bound else []
    attrs = node.bound.attrs
    facts = {
        "Convolution": lambda: (
            f"{_by(attrs['kernel'])}/{_by(attrs.get('stride') or (1,))}, {attrs['num_filter']}"
        ),
        "FullyConnected": lambda: str(attrs["num_hidden"]),
        "Activation": lambda: str(attrs["act_type"]),
        "LeakyReLU": lambda: str(attrs["act_type"]),
        "Pooling": lambda: f"{attrs['pool_type']}, {_by(attrs['kernel'])}/{_by(attrs.get('stride') or (1,))}",
    }
    facts["Deconvolution"] = facts["Convolution"]
    return [node.op, *([facts[node.op]()] if node.op in facts else [])]


def _by(sizes: Any) -> str:
    return "x".join(map(str, sizes)) if sizes else "all"


def _flow(value: Value, inference: Inference, shapes: bool, dtypes: bool) -> str:
    shape = inference.shape(value)
    shown = "x".join(map(str, shape[1:])) if shapes and shape is not None else ""
    return f"{shown} {inference.dtype(value).name}".strip() if dtypes else shown


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _attributes(attrs: Mapping[str, str]) -> str:
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in attrs.items())


def _half(box: Box) -> float:
    return len(box.lines) * LINE / 2 + 4


def _curve(points: list[tuple[float, float]]) -> str:
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (y + to_y) / 2
        path += f"C{x:.1f},{half:.1f} {to_x:.1f},{half:.1f} {to_x:.1f},{to_y:.1f}"
    return path


def _drawn_box(box: Box, width: float, centre: tuple[float, float]) -> str:
    x, y = centre
    half = _half(box)
    weight = [' font-weight="600"', *[""] * len(box.lines)]
    rows = "".join(
        f'<text x="{x:.1f}" y="{y - half + 16 + LINE * i:.1f}" fill="currentColor"{weight[i]}>'
        f"{html.escape(line)}</text>"
        for i, line in enumerate(box.lines)
    )
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - half:.1f}" width="{width:.1f}" height="{2 * half:.1f}" rx="5" '
        f'fill="{box.colour}" fill-opacity="0.2" stroke="{box.colour}"/>{rows}'
    )
