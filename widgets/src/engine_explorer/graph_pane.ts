/** The dependency graph. An arrow leads to what waits; taken away, the operation at its tip may start too early. */

import { html, svg } from "../shared/element";
import { Listbox } from "../shared/listbox";
import { layOut, type Lanes, NODE, wire } from "./lanes";
import { explainEdge, labelOperation } from "./sentence";
import { type Edge, numberOf, type Phase, PHASES, phaseOf, shortName, type State } from "./state";

export const TIP = "M0 0L-7 -3.2L-7 3.2Z"; // of an arrow to the right

export class GraphPane {
  readonly root: HTMLElement;
  private readonly drawing = svg("svg", { class: "wb-graph", "aria-label": "Operations by device, in the order in which they can run" });
  private readonly empty = html("p", { class: "wb-empty" }, "Nothing is pushed yet.");
  private readonly list: Listbox;
  private nodes = new Map<number, SVGElement>();
  private wires: { edge: Edge; line: SVGElement }[] = [];
  private drawn: unknown[] = [];

  constructor(choose: (operation: number) => void, private readonly forget: (edge: Edge) => void, private readonly signal: AbortSignal) {
    this.list = new Listbox(this.drawing, choose, signal);
    this.root = html("div", { class: "wb-scroll wb-graph-pane" }, this.drawing, this.empty);
  }

  fit(whole: boolean): void {
    this.root.classList.toggle("wb-fit", whole);
  }

  update(state: State): void {
    const now = [state.operations, state.edges, state.races, state.frames];
    if (now.some((each, at) => each !== this.drawn[at])) this.draw(state);
    this.drawn = now;
    for (const [operation, node] of this.nodes) markNode(node, state, operation, phaseOf(state, operation));
    for (const { edge, line } of this.wires) {
      line.classList.toggle("wb-here", edge.first === state.operation || edge.second === state.operation);
      line.classList.toggle("wb-past", state.frame.done.includes(edge.first));
    }
    this.list.select(state.operation);
  }

  private draw(state: State): void {
    const lanes = layOut(state);
    this.empty.hidden = state.operations.length > 0;
    this.drawing.toggleAttribute("hidden", !this.empty.hidden);
    this.nodes = new Map(state.operations.map((_, operation) => [operation, drawNode(state, lanes, operation)]));
    this.wires = state.edges.map((edge) => ({ edge, line: this.drawWire(state, lanes, edge) }));
    this.drawing.setAttribute("viewBox", `0 0 ${lanes.width} ${lanes.height}`);
    this.drawing.style.setProperty("--width", `${lanes.width}px`);
    const behind = svg("g", { "aria-hidden": "true" }, ...drawColumns(lanes), ...this.wires.map(({ line }) => line), ...drawRaces(state, lanes));
    this.drawing.replaceChildren(behind, ...this.nodes.values());
    this.list.setOptions([...this.nodes.values()]);
  }

  /** A thin line, and a wide one that is not seen, for the mouse; by keyboard it is taken away at its operation. */
  private drawWire(state: State, lanes: Lanes, edge: Edge): SVGElement {
    const { line: d, tip } = wire(lanes.spots.get(edge.first)!, lanes.spots.get(edge.second)!);
    const grip = svg("path", { class: "wb-grip", d }, svg("title", {}, `${explainEdge(state, edge)} Click to take this away.`));
    grip.addEventListener("click", (event) => {
      event.stopPropagation();
      this.forget(edge);
    }, { signal: this.signal });
    return svg("g", { class: "wb-wire", "data-edge": `${edge.first} ${edge.second}`, "data-variable": edge.variable }, svg("path", { class: "wb-edge", d }), svg("path", { class: "wb-tip", d: TIP, transform: tip }), grip);
  }
}

const drawColumns = ({ columns, height }: Lanes): SVGElement[] =>
  columns.map(({ device, x, width }) =>
    svg(
      "g",
      { class: `wb-column wb-device-${numberOf(device) % 8}` },
      svg("rect", { x, y: 1, width, height: height - 2, rx: 5 }),
      svg("text", { x: x + width / 2, y: 17, "text-anchor": "middle" }, device),
    ),
  );

function drawRaces({ races }: State, { spots }: Lanes): SVGElement[] {
  return races.flatMap(({ first, second }) => {
    const [from, to] = [spots.get(first ?? -1), spots.get(second ?? -1)];
    if (!from || !to) return [];
    const middle = ({ x, y }: { x: number; y: number }) => `${x + NODE.width / 2} ${y + NODE.height / 2}`;
    return [svg("path", { class: "wb-race", d: `M${middle(from)}L${middle(to)}` })];
  });
}

function drawNode(state: State, { spots }: Lanes, operation: number): SVGElement {
  const { x, y } = spots.get(operation)!;
  const record = state.operations[operation]!;
  const name = shortName(record);
  return svg(
    "g",
    { transform: `translate(${x} ${y})`, "data-value": operation },
    svg("title", {}),
    svg("rect", { ...NODE, rx: 4 }),
    svg("text", { class: "wb-glyph", x: 4, y: 16 }),
    svg("text", { class: "wb-name", x: 17, y: 16 }, name.length > 14 ? `${name.slice(0, 13)}…` : name),
  );
}

function markNode(node: SVGElement, state: State, operation: number, phase: Phase): void {
  const { device } = state.operations[operation]!;
  const racing = state.races.some(({ first, second }) => first === operation || second === operation);
  node.setAttribute("class", `wb-node wb-${phase} wb-device-${numberOf(device) % 8}${racing ? " wb-racing" : ""}`);
  const label = `${labelOperation(state, operation)}${racing ? ", in a race" : ""}`;
  if (node.getAttribute("aria-label") === label) return;
  node.setAttribute("aria-label", label);
  node.querySelector("title")!.textContent = label;
  node.querySelector(".wb-glyph")!.textContent = PHASES[phase].glyph;
}
