/** The step as a graph, its segments as boxes. A line that leaves a box is a value written to memory and read back. */

import { curveBasis, line } from "d3-shape";
import { html, svg } from "../shared/element";
import { eye } from "../shared/eye";
import { Listbox } from "../shared/listbox";
import { phases } from "../shared/palette";
import { type Box, layOut, type Layout, NODE_HEIGHT } from "./layout";
import { labelOperation } from "./sentence";
import { isDropped, type Operation, type State } from "./state";

const path = line<{ x: number; y: number }>((point) => point.x, (point) => point.y).curve(curveBasis);

export type Size = "width" | "whole" | "full";

export class GraphPane {
  readonly root: HTMLElement;
  private readonly drawing = svg("svg", { class: "wb-graph", "aria-label": "The step as a graph, in order of execution" });
  private readonly list: Listbox;
  private readonly layouts = new Map<number, Layout>();
  private drawn: State | null = null;

  constructor(step: (id: number) => void, signal: AbortSignal) {
    this.list = new Listbox(this.drawing, step, signal);
    this.root = html("div", { class: "wb-scroll wb-graph-pane" }, this.drawing);
  }

  /** Shows the graph in the width of its pane, the whole of it at once, or its nodes at their own size. */
  size(size: Size): void {
    this.root.classList.toggle("wb-whole", size === "whole");
    this.root.classList.toggle("wb-full", size === "full");
    this.list.show();
  }

  update(state: State): void {
    if (this.drawn?.nodes !== state.nodes) this.layouts.clear();
    if (this.drawn?.nodes !== state.nodes || this.drawn.now.place !== state.now.place) this.draw(state);
    this.list.select(state.step);
    const home = state.home.get(state.step);
    for (const hull of this.drawing.querySelectorAll<SVGElement>(".wb-hull")) {
      hull.classList.toggle("wb-here", Number(hull.dataset.segment) === home);
    }
    this.drawn = state;
  }

  private draw(state: State): void {
    const layout = this.layoutAt(state);
    const options = state.nodes.map((node) => drawNode(state, node, layout.nodes.get(node.id)!));
    this.drawing.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.drawing.style.setProperty("--width", `${layout.width}px`);
    this.drawing.replaceChildren(
      svg("g", { "aria-hidden": "true" }, ...drawHulls(layout), ...drawEdges(state, layout)),
      ...options,
    );
    this.list.setOptions(options);
  }

  private layoutAt({ nodes, now }: State): Layout {
    const found = this.layouts.get(now.place) ?? layOut(nodes, now.segments);
    this.layouts.set(now.place, found);
    return found;
  }
}

function drawHulls({ hulls }: Layout): SVGElement[] {
  return [...hulls].map(([index, { x, y, width, height }]) =>
    svg(
      "g",
      { class: `wb-hull${index % 2 ? " wb-odd" : ""}`, "data-segment": index },
      svg("rect", { x, y, width, height, rx: 6 }),
      svg("text", { x: x + 5, y: y + 11 }, String(index + 1)),
    ),
  );
}

function drawEdges(state: State, { edges }: Layout): SVGElement[] {
  return edges.map(({ from, to, points }) => {
    const [source, target] = [state.home.get(from), state.home.get(to)];
    const crosses = source !== undefined && target !== undefined && source !== target;
    return svg("path", { class: `wb-edge${crosses ? " wb-crossing" : ""}`, d: path(points) });
  });
}

function drawNode(state: State, node: Operation, { x, y, width }: Box): SVGElement {
  const dropped = isDropped(state, node);
  const label = labelOperation(state, node);
  const sight = eye(state.visible.has(node.id));
  sight.setAttribute("transform", `translate(${width - 20} 6)`);
  return svg(
    "g",
    {
      class: `wb-node wb-${node.phase}${dropped ? " wb-dropped" : ""}`,
      transform: `translate(${x} ${y})`,
      "data-value": node.id,
      "aria-label": label,
    },
    svg("title", {}, label),
    svg("rect", { width, height: NODE_HEIGHT, rx: 4 }),
    svg("text", { class: "wb-glyph", x: 7, y: 15 }, phases[node.phase].glyph),
    svg("text", { class: "wb-name", x: 21, y: 15 }, node.name),
    svg("text", { class: "wb-op", x: 21, y: 29 }, node.op),
    dropped ? null : sight,
  );
}
