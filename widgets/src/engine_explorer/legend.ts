/** What the marks mean. */

import { html, svg } from "../shared/element";
import { entry, kindEntries, legendList } from "../shared/legend";
import { PHASES } from "./state";

const stroke = (name: string): SVGElement =>
  svg("svg", { width: 20, height: 8, "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H20" }));

export function legend(): HTMLElement {
  const glyphs = Object.values(PHASES).map(({ glyph, says }) => entry(html("span", { class: "wb-swatch", "aria-hidden": "true" }, glyph), says));
  return legendList(
    ...glyphs,
    entry(stroke("wb-edge"), "waits for"),
    entry(stroke("wb-race"), "race"),
    entry(html("span", { "aria-hidden": "true" }, "R / W"), "reads / writes"),
    ...kindEntries("measured", "predicted"),
  );
}
