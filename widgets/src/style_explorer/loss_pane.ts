/** What this cut takes from you and what it gives: values out of sight, and operations the optimiser dropped. */

import { html } from "../shared/element";
import { plural } from "../shared/format";
import { isDropped, type State } from "./state";

export class LossPane {
  readonly root = html("div", { class: "wb-scroll wb-loss", tabindex: 0, role: "region" });
  private place = -1;

  constructor() {
    this.root.setAttribute("aria-label", "What a print can see, and what the optimiser dropped");
  }

  update(state: State): void {
    if (this.place === state.now.place) return;
    this.place = state.now.place;
    const [dropped, left] = [true, false].map((want) => state.nodes.filter((n) => isDropped(state, n) === want));
    const hidden = left!.filter((node) => !state.visible.has(node.id));
    this.root.replaceChildren(
      html("h4", {}, `A print sees ${state.visible.size} of ${plural(state.nodes.length, "value")}`),
      html("p", {}, hidden.length ? "Out of sight, inside their segments: " : "Every value that is computed."),
      html("p", { class: "wb-names" }, hidden.map((node) => node.name).join(", ")),
      html("h4", {}, `The optimiser dropped ${plural(dropped!.length, "op")}`),
      html("ul", {}, ...dropped!.map((node) =>
        html("li", {}, html("s", {}, node.name), ` ${node.fate}: ${node.fate_note}`))),
    );
  }
}
