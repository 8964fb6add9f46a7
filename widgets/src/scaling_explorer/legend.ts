/** What the looks of the pictures mean. */

import { swatch } from "../shared/buffers";
import { svg } from "../shared/element";
import { entry, kindEntries, legendList } from "../shared/legend";
import { pointMark } from "./point_mark";
import { BUFFER } from "./timeline_pane";

const onLine = (mark: SVGElement, line: string): SVGElement =>
  svg("svg", { width: 26, height: 14, "aria-hidden": "true" }, line ? svg("path", { class: line, d: "M0 7H26" }) : null, svg("g", { transform: "translate(13 7)" }, mark));
const box = (name: string): SVGElement => svg("svg", { width: 16, height: 12, "aria-hidden": "true" }, svg("rect", { class: name, x: 0.5, y: 0.5, width: 15, height: 11 }));
const SAYS = { compute: "computes", communicate: "sends gradients", feed: "sends input", update: "updates" };

export function legend(): HTMLElement {
  const kinds = Object.keys(SAYS) as (keyof typeof SAYS)[];
  return legendList(
    ...kinds.map((kind) => entry(swatch(BUFFER[kind]), SAYS[kind])),
    entry(box("wb-waits"), "waits"),
    ...kindEntries("measured", "predicted"),
    entry(onLine(svg("g"), "wb-ideal"), "ideal"),
    entry(onLine(pointMark("predicted"), "wb-curve"), "predicted point, with its bar where known"),
    entry(onLine(pointMark("published"), ""), "published point"),
    entry(onLine(pointMark("measured"), "wb-curve wb-solid-line"), "measured point"),
  );
}
