/** What the marks mean. */

import { swatch } from "../shared/buffers";
import { svg } from "../shared/element";
import { entry, kindEntries, legendList } from "../shared/legend";
import { errorMark, SHAPES } from "./errors_pane";

const NAMES = { cp: "CP", tucker: "Tucker", tt: "tensor train" };

export function legend(): HTMLElement {
  const marks = (Object.keys(SHAPES) as (keyof typeof SHAPES)[]).map((form) => {
    const mark = errorMark(form, 45);
    mark.setAttribute("transform", "translate(7 7)");
    return entry(svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, mark), NAMES[form]);
  });
  const ring = svg("svg", { class: "wb-published", width: 14, height: 14, "aria-hidden": "true" }, svg("circle", { cx: 7, cy: 7, r: 4.5 }));
  return legendList(entry(swatch("activation"), "activation"), entry(swatch("parameter"), "parameter"), ...marks, ...kindEntries("measured", "predicted"), entry(ring, "published of another network"));
}
