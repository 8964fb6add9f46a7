/** What the marks mean. */

import { BUFFERS, swatch } from "../shared/buffers";
import { html, svg } from "../shared/element";
import { kindMark } from "../shared/quantity";
import { strategyMark } from "./symbols";

const entry = (mark: Node, text: string): HTMLElement => html("li", {}, mark, text);

export class Legend {
  readonly root = html("ul", { class: "wb-legend", "aria-label": "Legend" });
  private drawn = "";

  update(strategies: string[]): void {
    if (this.drawn === strategies.join()) return;
    this.drawn = strategies.join();
    const marks = strategies.map((strategy) => {
      const mark = strategyMark(strategies, strategy, 45);
      mark.setAttribute("transform", "translate(7 7)");
      return entry(svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, mark), strategy);
    });
    this.root.replaceChildren(
      ...BUFFERS.filter((kind) => kind !== "workspace").map((kind) => entry(swatch(kind), kind)),
      ...marks,
      entry(kindMark("measured"), "measured"),
      entry(kindMark("predicted"), "predicted"),
    );
  }
}
