/** The figures of this cut beside those of the cut before, each with its kind. Choosing one explains it. */

import { html } from "../shared/element";
import { write } from "../shared/format";
import { explain, kindBadge, type Quantity, writeSpread } from "../shared/quantity";
import type { Cut, State } from "./state";

/** Predicted and measured figures of one thing stand next to each other. */
function figuresOf(cut: Cut | null): Quantity[] {
  const all = cut ? [...cut.figures, ...(cut.run?.figures ?? [])] : [];
  const names = [...new Set(all.map((figure) => figure.name))];
  return names.flatMap((name) => all.filter((figure) => figure.name === name));
}

export class FiguresPane {
  readonly root: HTMLElement;
  private readonly body = html("tbody");
  private readonly empty = html("p", { class: "wb-empty" }, "Not measured yet: these are predictions alone.");

  private shown: unknown[] = [null];

  constructor(private readonly say: (sentence: string) => void, private readonly signal: AbortSignal) {
    const head = ["Figure", "before", "→ now"].map((text) => html("th", { scope: "col" }, text));
    const table = html("table", { class: "wb-figures" }, html("thead", {}, html("tr", {}, ...head)), this.body);
    table.setAttribute("aria-label", "Figures of this cut");
    this.root = html("div", {}, table, this.empty);
  }

  update(state: State): void {
    const shown = [state.now.place, state.now.run, state.before?.place, state.before?.run];
    if (shown.every((each, index) => each === this.shown[index])) return; // a new row would lose the focus
    this.shown = shown;
    const before = figuresOf(state.before);
    const rows = figuresOf(state.now).map((figure) => {
      const twin = before.find((each) => each.name === figure.name && each.kind === figure.kind);
      return this.row(figure, twin);
    });
    this.body.replaceChildren(...rows);
    this.empty.hidden = state.now.run !== undefined;
  }

  private row(figure: Quantity, before: Quantity | undefined): HTMLElement {
    const name = html("button", { type: "button", class: "wb-link" }, figure.name);
    name.addEventListener("click", () => this.say(explain(figure)), { signal: this.signal });
    const spread = writeSpread(figure);
    const now = html("td", {}, html("b", {}, write(figure.value, figure.unit)));
    if (spread) now.append(html("small", {}, spread));
    return html(
      "tr",
      {},
      html("th", { scope: "row" }, name, kindBadge(figure.kind)),
      html("td", {}, before ? write(before.value, before.unit) : "–"),
      now,
    );
  }
}
