/** A figure that carries its kind, and how each kind looks: never by colour alone. */

import grammar from "../../../workbench/viz/grammar.json";
import { html, svg } from "./element";
import { write } from "./format";

export type Kind = keyof typeof grammar.kinds;

export interface Quantity {
  name: string;
  value: number;
  unit: string;
  kind: Kind;
  how: string;
  spread: [number, number] | null;
}

export function kindMark(kind: Kind): SVGSVGElement {
  const { dash, filled, hatch } = grammar.kinds[kind];
  const box = svg("rect", {
    x: 1, y: 1, width: 11, height: 11, "stroke-width": 1.4, stroke: "currentColor",
    fill: filled ? "currentColor" : "none", "stroke-dasharray": dash.join(" ") || null,
  });
  const lines = hatch ? svg("path", { d: "M1 7L7 1M3 11L11 3M7 12L12 7", stroke: "currentColor" }) : null;
  return svg("svg", { class: "wb-mark", width: 13, height: 13, "aria-hidden": "true" }, box, lines);
}

export function kindBadge(kind: Kind): HTMLElement {
  return html("span", { class: "wb-kind" }, kindMark(kind), kind);
}

export function writeSpread({ spread, unit }: Quantity): string {
  return spread ? `${write(spread[0], unit)} to ${write(spread[1], unit)}` : "";
}

export function explain(figure: Quantity): string {
  const spread = writeSpread(figure);
  return `${figure.name}: ${write(figure.value, figure.unit)}${spread && ` (${spread})`}, ${figure.kind}: ${figure.how}.`;
}
