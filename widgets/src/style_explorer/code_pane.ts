/** The step as imperative code. Each line says in its margin whether a print there would see a value. */

import { html } from "../shared/element";
import { eyeIcon } from "../shared/eye";
import { Listbox } from "../shared/listbox";
import { labelOperation } from "./sentence";
import { isDropped, type Operation, type State } from "./state";

export class CodePane {
  readonly root: HTMLElement;
  private readonly lines = html("div", { class: "wb-lines", "aria-label": "The step as code, line by line" });
  private readonly list: Listbox;
  private drawn: State | null = null;

  constructor(step: (id: number) => void, signal: AbortSignal) {
    this.list = new Listbox(this.lines, step, signal);
    this.root = html("div", { class: "wb-scroll wb-code" }, this.lines);
  }

  update(state: State): void {
    if (this.drawn?.now.place !== state.now.place || this.drawn.code !== state.code) this.draw(state);
    // A line may hold several operations; it stays selected while the step walks through them.
    const line = state.nodes[state.step]?.line;
    const first = state.nodes.find((node) => node.line === line);
    this.list.select(first?.id ?? -1);
    this.drawn = state;
  }

  private draw(state: State): void {
    const byLine = groupByLine(state.nodes);
    const rows = state.code.map((text, line) => drawLine(state, text, line, byLine.get(line) ?? []));
    this.lines.replaceChildren(...rows);
    this.list.setOptions(rows.filter((row) => row.dataset.value !== undefined));
  }
}

function groupByLine(nodes: Operation[]): Map<number, Operation[]> {
  const lines = new Map<number, Operation[]>();
  for (const node of nodes) lines.set(node.line, [...(lines.get(node.line) ?? []), node]);
  return lines;
}

function drawLine(state: State, text: string, line: number, nodes: Operation[]): HTMLElement {
  const first = nodes[0];
  const code = html("code", {}, text || " ");
  const number = html("span", { class: "wb-number", "aria-hidden": "true" }, String(line + 1));
  if (!first) return html("div", { class: "wb-line", role: "presentation" }, html("span"), number, code);
  const dropped = nodes.every((node) => isDropped(state, node));
  const seen = nodes.some((node) => state.visible.has(node.id));
  return html(
    "div",
    {
      class: `wb-line${dropped ? " wb-dropped" : ""}`,
      "data-value": first.id,
      "aria-label": `Line ${line + 1}: ${text}. ${labelOperation(state, first)}`,
      title: labelOperation(state, first),
    },
    dropped ? html("span", { "aria-hidden": "true" }, "✕") : eyeIcon(seen),
    number,
    code,
  );
}
