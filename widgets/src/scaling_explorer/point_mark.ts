/** A point of a curve, told apart by its shape: predicted a cross, published a hollow ring, measured a filled square. */

import { svg } from "../shared/element";
import type { Kind } from "../shared/quantity";

export function pointMark(kind: Kind, here = false): SVGElement {
  switch (kind) {
    case "predicted":
      return svg("path", { class: `wb-predicted${here ? " wb-here" : ""}`, d: here ? "M-4.5 -4.5L4.5 4.5M-4.5 4.5L4.5 -4.5" : "M-3 -3L3 3M-3 3L3 -3" });
    case "published":
      return svg("circle", { class: "wb-hollow", r: 5 });
    case "measured":
      return svg("rect", { class: "wb-filled", x: -3.5, y: -3.5, width: 7, height: 7 });
  }
}
