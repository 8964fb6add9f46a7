/** What the looks of the pictures mean. */

import { swatch } from "../shared/buffers";
import { svg } from "../shared/element";
import { entry, kindEntries, legendList } from "../shared/legend";
import { BUFFER } from "./timeline_pane";

const dotted = (): SVGElement => svg("svg", { width: 18, height: 12, "aria-hidden": "true" }, svg("path", { class: "wb-ideal", d: "M0 6H18" }));
const box = (name: string): SVGElement => svg("svg", { width: 16, height: 12, "aria-hidden": "true" }, svg("rect", { class: name, x: 0.5, y: 0.5, width: 15, height: 11 }));
const SAYS = { compute: "computes", communicate: "sends gradients", feed: "sends input", update: "updates" };

export function legend(): HTMLElement {
  const kinds = Object.keys(SAYS) as (keyof typeof SAYS)[];
  return legendList(
    ...kinds.map((kind) => entry(swatch(BUFFER[kind]), SAYS[kind])),
    entry(box("wb-waits"), "waits"),
    entry(dotted(), "ideal"),
    ...kindEntries("measured", "predicted", "published"),
  );
}
