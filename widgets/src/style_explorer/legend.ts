/** What the marks mean. */

import { html, svg } from "../shared/element";
import { eyeIcon } from "../shared/eye";
import { entry, kindEntries, legendList } from "../shared/legend";
import { type Phase, phases } from "../shared/palette";

const edge = (name: string): SVGElement =>
  svg("svg", { width: 20, height: 8, "aria-hidden": "true" }, svg("path", { class: `wb-edge ${name}`, d: "M0 4H20" }));

export function legend(): HTMLElement {
  const glyphs = Object.entries(phases).map(([phase, { glyph, says }]) =>
    entry(html("span", { class: `wb-swatch wb-${phase as Phase}`, "aria-hidden": "true" }, glyph), says),
  );
  return legendList(
    ...glyphs,
    entry(eyeIcon(true), "a print sees it"),
    entry(eyeIcon(false), "it does not"),
    entry(edge("wb-crossing"), "goes through memory"),
    entry(edge(""), "stays in its segment"),
    ...kindEntries("measured", "predicted"),
  );
}
