/** The kinds of buffers and how each looks: by colour, and without colour by the run of its hatching. */

import { html, svg } from "./element";
import type { Buffer } from "./palette";

/** From the ground up: what moves least lies lowest. */
export const BUFFERS: Buffer[] = ["parameter", "gradient", "activation", "workspace"];

const LINES: Record<Buffer, string> = {
  parameter: "M0 0L6 6M-1.5 4.5L1.5 7.5M4.5 -1.5L7.5 1.5",
  gradient: "M1.5 1.5h0.01M4.5 4.5h0.01",
  activation: "M0 6L6 0M-1.5 1.5L1.5 -1.5M4.5 7.5L7.5 4.5",
  workspace: "M3 0V6",
};

let drawings = 0;

/** Patterns for one drawing: their names must differ from those of every other drawing of the page. */
export class Hatching {
  readonly definitions = svg("defs");
  private readonly prefix = `wb-hatching-${(drawings += 1)}`;

  constructor() {
    this.definitions.append(...BUFFERS.map((kind) => this.pattern(kind)));
  }

  fill(kind: Buffer): string {
    return `url(#${this.prefix}-${kind})`;
  }

  private pattern(kind: Buffer): SVGElement {
    return svg(
      "pattern",
      { id: `${this.prefix}-${kind}`, class: `wb-hatching wb-of-${kind}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      svg("rect", { width: 6, height: 6 }),
      svg("path", { d: LINES[kind] }),
    );
  }
}

export function swatch(kind: Buffer): HTMLElement {
  const hatching = new Hatching();
  const box = svg("rect", { class: `wb-area wb-of-${kind}`, width: 16, height: 12, fill: hatching.fill(kind) });
  return html("span", { class: "wb-swatch" }, svg("svg", { width: 16, height: 12, "aria-hidden": "true" }, hatching.definitions, box));
}
