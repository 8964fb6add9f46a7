/** What the marks mean. */

import { html, svg } from "../shared/element";
import { eyeIcon } from "../shared/eye";
import { type Phase, phases } from "../shared/palette";
import { kindMark } from "../shared/quantity";

const entry = (mark: Node, text: string): HTMLElement => html("li", {}, mark, text);

const edge = (name: string): SVGElement =>
  svg("svg", { width: 20, height: 8, "aria-hidden": "true" }, svg("path", { class: `wb-edge ${name}`, d: "M0 4H20" }));

export function legend(): HTMLElement {
  const glyphs = Object.entries(phases).map(([phase, { glyph, says }]) =>
    entry(html("span", { class: `wb-swatch wb-${phase as Phase}`, "aria-hidden": "true" }, glyph), says),
  );
  return html(
    "ul",
    { class: "wb-legend", "aria-label": "Legend" },
    ...glyphs,
    entry(eyeIcon(true), "a print sees it"),
    entry(eyeIcon(false), "it does not"),
    entry(edge("wb-crossing"), "goes through memory"),
    entry(edge(""), "stays in its segment"),
    entry(kindMark("measured"), "measured"),
    entry(kindMark("predicted"), "predicted"),
  );
}
