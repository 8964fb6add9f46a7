/**
 * The contraction tree: the given tensors on top, below them a row a step, as they follow in time, and the result at the
 * foot. A line is as thick as the logarithm of its tensor, and says its size and what making it cost. Steps are walked by
 * the buttons and by the arrow keys.
 */

import { html, svg } from "../shared/element";
import { write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { PlotPane } from "../shared/plot_pane";
import { elements, letters } from "./sentence";
import type { Shown, State } from "./state";

const [TOP, ROW, LEAF, NODE, MARGIN] = [40, 58, 34, 9, 44];

interface Place {
  x: number;
  y: number;
}

export class TreePane extends PlotPane<State> {
  readonly buttons: HTMLElement;
  private readonly list: Listbox;
  private readonly at = html("output", { class: "wb-empty" });

  constructor(private readonly step: (step: number) => void, signal: AbortSignal) {
    super({ class: "wb-tree" }, "", signal);
    this.list = new Listbox(this.drawing, (place) => step(place), signal);
    const button = (text: string, label: string, to: (step: number, last: number) => number): HTMLElement => {
      const made = html("button", { type: "button", class: "wb-button", "aria-label": label }, text);
      made.addEventListener("click", () => this.go(to), { signal });
      return made;
    };
    this.buttons = html(
      "div",
      { class: "wb-row", role: "group", "aria-label": "Steps of the contraction" },
      this.at,
      button("|◀", "Before the first step", () => 0),
      button("◀", "One step back", (step) => step - 1),
      button("▶", "One step on", (step) => step + 1),
      button("▶|", "All steps", (_step, last) => last),
    );
  }

  private go(to: (step: number, last: number) => number): void {
    const { now, step } = this.current!;
    const last = now.tree?.steps.length ?? 0;
    this.step(Math.min(last, Math.max(0, to(step, last))));
  }

  protected shown({ now, order, ranks }: State): unknown[] | null {
    this.empty.textContent = now.tree === null ? "No slice is small enough to keep to this limit." : "An order within the limit is being looked for.";
    return now.costs && [now.variant, now.tree, order, ranks];
  }

  protected draw({ now }: State, width: number): void {
    const places = layOut(now, width);
    const steps = now.tree!.steps;
    const first = now.variant.inputs.length;
    const options = steps.map((_, step) => drawStep(now, step, places[first + step]!));
    this.size(width, TOP + (steps.length + 1) * ROW + 22);
    this.drawing.setAttribute("aria-label", `Contraction of ${now.variant.title} in ${steps.length} steps: ${write(now.costs!.flops, "FLOP")}, predicted`);
    this.drawing.replaceChildren(
      svg("g", { "aria-hidden": "true" }, ...drawEdges(now, places), ...now.variant.inputs.map((_, leaf) => drawLeaf(now, leaf, places[leaf]!))),
      ...options,
    );
    this.list.setOptions(options);
  }

  protected override mark({ now, step }: State): void {
    for (const part of this.drawing.querySelectorAll<SVGElement>("[data-step]")) {
      part.classList.toggle("wb-future", Number(part.dataset.step) > step);
      part.classList.toggle("wb-here", Number(part.dataset.step) === step);
    }
    this.list.select(step);
    this.at.textContent = `step ${step} of ${now.tree?.steps.length ?? 0}`;
  }
}

/** Places of all tensors: a leaf on top, a result where it is made. */
function layOut(now: Shown, width: number): Place[] {
  const first = now.variant.inputs.length;
  const steps = now.tree!.steps;
  const walk = (tensor: number): number[] => (tensor < first ? [tensor] : steps[tensor - first]!.operands.flatMap(walk));
  const order = walk(first + steps.length - 1);
  const gap = (width - 2 * MARGIN) / Math.max(1, order.length - 1);
  const places: Place[] = Array.from({ length: first }, (_, leaf) => ({ x: MARGIN + order.indexOf(leaf) * gap, y: TOP }));
  for (const [step, { operands }] of steps.entries()) {
    const across = operands.map((operand) => places[operand]!.x);
    places.push({ x: across.reduce((sum, x) => sum + x, 0) / across.length, y: TOP + (step + 1) * ROW });
  }
  return places;
}

const whole = (now: Shown, term: string): number => [...term].reduce((all, letter) => all * now.sizes[letter]!, 1);

function drawEdges(now: Shown, places: Place[]): SVGElement[] {
  const first = now.variant.inputs.length;
  const result = first + now.tree!.steps.length - 1;
  const edges = now.tree!.steps.flatMap(({ operands }, step) => operands.map((operand) => drawEdge(now, operand, places[operand]!, places[first + step]!, step + 1)));
  const end = places[result]!;
  return [...edges, drawEdge(now, result, end, { x: end.x, y: end.y + ROW }, now.tree!.steps.length)];
}

/** From a tensor to the step that takes it: its size, and, where a step made it, what that cost. */
function drawEdge(now: Shown, tensor: number, from: Place, to: Place, step: number): SVGElement {
  const first = now.variant.inputs.length;
  const cost = now.costs!.steps[tensor - first];
  const size = whole(now, now.costs!.terms[tensor]!);
  const start = { x: from.x, y: from.y + (cost ? NODE : LEAF / 2) };
  const middle = cost ? start.y + 14 : start.y + 12;
  const right = to.x >= from.x ? 1 : -1;
  const text = { x: from.x + (cost ? 14 : 5 * right), y: cost ? from.y - 4 : middle, "text-anchor": cost || right > 0 ? "start" : "end" };
  const label = cost
    ? [svg("text", { ...text, class: "wb-strong" }, now.costs!.terms[tensor]!), svg("text", { ...text, y: text.y + 11 }, `${elements(size)} el.`), svg("text", { ...text, y: text.y + 22 }, write(cost.flops * cost.times, "FLOP"))]
    : [svg("text", text, `${elements(size)} el.`)];
  const bend = (start.y + to.y) / 2;
  return svg(
    "g",
    { class: "wb-limb", "data-step": step },
    svg("path", { d: `M${start.x} ${start.y}C${start.x} ${bend + 8} ${to.x} ${bend - 8} ${to.x} ${to.y}`, "stroke-width": (0.8 + 0.32 * Math.log2(1 + size)).toFixed(2) }),
    ...label,
  );
}

function drawLeaf(now: Shown, leaf: number, { x, y }: Place): SVGElement {
  const term = now.variant.inputs[leaf]!;
  const held = now.variant.operands[leaf] !== "activation";
  return svg(
    "g",
    { class: `wb-leaf ${held ? "wb-of-parameter" : "wb-of-activation"}` },
    svg("title", {}, `${now.variant.operands[leaf]}, ${term}: ${letters(now, term)}`),
    svg("rect", { x: x - MARGIN + 4, y: y - LEAF / 2, width: 2 * MARGIN - 8, height: LEAF, rx: 4 }),
    svg("text", { x, y: y - 4, "text-anchor": "middle" }, now.variant.operands[leaf]!),
    svg("text", { class: "wb-strong", x, y: y + 10, "text-anchor": "middle" }, term),
  );
}

function drawStep(now: Shown, step: number, { x, y }: Place): SVGElement {
  const { operands, result } = now.tree!.steps[step]!;
  const cost = now.costs!.steps[step]!;
  const terms = operands.map((operand) => now.costs!.terms[operand]).join(" with ");
  const label = `Step ${step + 1}: ${terms} to ${result}, ${elements(cost.size)} elements, ${write(cost.flops * cost.times, "FLOP")}`;
  return svg(
    "g",
    { class: "wb-join", transform: `translate(${x} ${y})`, "data-value": step + 1, "data-step": step + 1, "aria-label": label },
    svg("title", {}, label),
    svg("circle", { class: "wb-halo", r: NODE + 4 }),
    svg("circle", { r: NODE }),
    svg("text", { y: 3.5, "text-anchor": "middle" }, String(step + 1)),
  );
}
