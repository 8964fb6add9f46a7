/** What the marks mean. */

import { BUFFERS, swatch } from "../shared/buffers";
import { svg } from "../shared/element";
import { entry, kindEntries, legendList } from "../shared/legend";
import { publishedRing, strategyMark } from "./symbols";

const centred = (mark: SVGElement): SVGElement =>
  svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("g", { transform: "translate(7 7)" }, mark));

export class Legend {
  readonly root = legendList();
  private drawn = "";

  update(strategies: string[], meanings: Record<string, string>): void {
    if (this.drawn === strategies.join()) return;
    this.drawn = strategies.join();
    const marks = strategies.map((strategy) => {
      const mark = strategyMark(strategies, strategy, 45);
      return entry(centred(mark), strategy, meanings[strategy]);
    });
    this.root.replaceChildren(
      ...BUFFERS.map((kind) => entry(swatch(kind), kind)),
      ...marks,
      ...kindEntries("measured", "predicted"),
      entry(centred(publishedRing()), "published"),
    );
  }
}
