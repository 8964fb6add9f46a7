/** The mark of a value that a print can see, and, struck through, of one that it cannot. */

import { svg } from "./element";

export function eye(open: boolean): SVGGElement {
  const lid = svg("path", { d: "M1 6Q7 -1 13 6Q7 13 1 6Z", fill: "none" });
  const pupil = open ? svg("circle", { cx: 7, cy: 6, r: 2.2, fill: "currentColor", stroke: "none" }) : null;
  const strike = open ? null : svg("path", { d: "M2 12L12 0" });
  return svg("g", { class: open ? "wb-eye" : "wb-eye wb-shut", stroke: "currentColor" }, lid, pupil, strike);
}

export function eyeIcon(open: boolean): SVGSVGElement {
  return svg("svg", { width: 14, height: 12, viewBox: "0 0 14 12", "aria-hidden": "true" }, eye(open));
}
