/** What the marks mean. */

import { html, svg } from "../shared/element";
import { entry, kindEntries, legendList } from "../shared/legend";
import { TIP } from "./graph_pane";
import { PHASES } from "./state";

const stroke = (name: string): SVGElement =>
  svg("svg", { width: 20, height: 8, "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H20" }));

const arrow = (): SVGElement =>
  svg(
    "svg",
    { width: 22, height: 8, "aria-hidden": "true" },
    svg("path", { class: "wb-edge", d: "M0 4H20" }),
    svg("path", { class: "wb-tip", d: TIP, transform: "translate(21 4)" }),
  );
const chip = (text: string, turn: string): HTMLElement => html("span", { class: `wb-place wb-device-0 ${turn}`, "aria-hidden": "true" }, text);

export function legend(): HTMLElement {
  const glyphs = Object.values(PHASES).map(({ glyph, says }) => entry(html("span", { class: "wb-swatch", "aria-hidden": "true" }, glyph), says));
  return legendList(
    ...glyphs,
    entry(arrow(), "to what waits for it"),
    entry(stroke("wb-race"), "race"),
    entry(chip("R", "wb-turn"), "in a queue: reads, its turn"),
    entry(chip("W", ""), "in a queue: writes, waits"),
    ...kindEntries("measured", "predicted"),
  );
}
