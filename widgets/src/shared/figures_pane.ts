/** The figures of what is chosen beside those of what was before, each with its kind. Choosing one explains it. */

import { html } from "./element";
import { write } from "./format";
import { explain, kindBadge, type Quantity, writeSpread } from "./quantity";

/** What has figures: predicted ones and, once it was run, measured ones. */
export interface Costed {
  figures: Quantity[];
  run: { figures: Quantity[] } | undefined;
}

/** Predicted and measured figures of one thing stand next to each other. */
function figuresOf(thing: Costed | null): Quantity[] {
  const all = thing ? [...thing.figures, ...(thing.run?.figures ?? [])] : [];
  const names = [...new Set(all.map((figure) => figure.name))];
  return names.flatMap((name) => all.filter((figure) => figure.name === name));
}

export class FiguresPane {
  readonly root: HTMLElement;
  private readonly body = html("tbody");
  private readonly empty = html("p", { class: "wb-empty" }, "Not measured yet: these are predictions alone.");

  private shown: unknown[] = [null];

  constructor(label: string, private readonly say: (sentence: string) => void, private readonly signal: AbortSignal) {
    const head = ["Figure", "before", "→ now"].map((text) => html("th", { scope: "col" }, text));
    const table = html("table", { class: "wb-figures" }, html("thead", {}, html("tr", {}, ...head)), this.body);
    table.setAttribute("aria-label", label);
    this.root = html("div", {}, table, this.empty);
  }

  update(now: Costed, earlier: Costed | null): void {
    const shown = [now.figures, now.run, earlier?.figures, earlier?.run];
    if (shown.every((each, index) => each === this.shown[index])) return;
    this.shown = shown;
    const before = figuresOf(earlier);
    const rows = figuresOf(now).map((figure) => {
      const twin = before.find((each) => each.name === figure.name && each.kind === figure.kind);
      return this.row(figure, twin);
    });
    this.body.replaceChildren(...rows);
    this.empty.hidden = now.run !== undefined;
  }

  private row(figure: Quantity, before: Quantity | undefined): HTMLElement {
    const name = html("button", { type: "button", class: "wb-link", "data-key": `${figure.name} ${figure.kind}` }, figure.name);
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
