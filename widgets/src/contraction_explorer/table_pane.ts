/** The five ways side by side. Choosing one shows its tree; its error and its time say on request what they are of. */

import { html } from "../shared/element";
import { write } from "../shared/format";
import { type Kind, kindMark } from "../shared/quantity";
import { explainError, explainRefusal } from "./sentence";
import { figure, type Name, type Shown, type State } from "./state";

const COLUMNS: [string, Kind | null][] = [
  ["way, rank", null],
  ["parameters", "predicted"],
  ["space savings", "predicted"],
  ["work", "predicted"],
  ["largest between", "predicted"],
  ["time", "measured"],
  ["relative error", "measured"],
];

interface Row {
  row: HTMLElement;
  choose: HTMLButtonElement;
  rank: HTMLElement;
  cells: HTMLElement[];
  error: HTMLButtonElement;
  of: HTMLElement;
}

export class TablePane {
  readonly root: HTMLElement;
  private readonly body = html("tbody");
  private rows: Row[] = [];
  private shown: Shown[] = [];

  constructor(private readonly choose: (name: Name) => void, private readonly say: (sentence: string) => void, private readonly signal: AbortSignal) {
    const head = COLUMNS.map(([text, kind]) => html("th", { scope: "col", "aria-label": kind && `${text}, ${kind}`, title: kind }, text, kind && kindMark(kind)));
    const table = html("table", { class: "wb-figures wb-ways", "aria-label": "Five ways side by side" }, html("thead", {}, html("tr", {}, ...head)), this.body);
    this.root = html("div", { class: "wb-ways-pane", tabindex: 0, role: "region", "aria-label": "Comparison of the ways" }, table);
  }

  update(state: State): void {
    this.shown = state.shown;
    if (this.rows.length !== state.shown.length) {
      this.rows = state.shown.map((shown, at) => this.row(shown.variant.name, at));
      this.body.replaceChildren(...this.rows.map(({ row }) => row));
    }
    state.shown.forEach((shown, at) => this.fill(this.rows[at]!, shown, shown === state.now));
  }

  private row(name: Name, at: number): Row {
    const { signal } = this;
    const choose = html("button", { type: "button", class: "wb-link" });
    choose.addEventListener("click", () => this.choose(name), { signal });
    const rank = html("small");
    const cells = COLUMNS.slice(1, -1).map(() => html("td"));
    const error = html("button", { type: "button", class: "wb-link" });
    error.addEventListener("click", () => this.say(explainError(this.shown[at]!)), { signal });
    const of = html("small");
    const row = html("tr", { "data-variant": name }, html("th", { scope: "row" }, choose, rank), ...cells, html("td", {}, error, of));
    return { row, choose, rank, cells, error, of };
  }

  private fill({ row, choose, rank, cells, error, of }: Row, shown: Shown, chosen: boolean): void {
    row.classList.toggle("wb-chosen", chosen);
    choose.setAttribute("aria-pressed", String(chosen));
    choose.textContent = shown.variant.title;
    rank.textContent = shown.rank.join("×");
    const names = ["parameters", "space savings", "work", "largest intermediate"];
    names.forEach((name, at) => (cells[at]!.textContent = text(shown, name)));
    this.fillTime(cells[4]!, shown);
    error.textContent = shown.error ? `${shown.error.of ? "≈ " : ""}${write(shown.error.value, "1")}` : "–";
    error.setAttribute("aria-label", `Error of ${shown.variant.title}: ${shown.error ? error.textContent : "none"}`);
    of.textContent = shown.error?.of ? `rank ${shown.error.of.join("×")}` : "";
  }

  private fillTime(cell: HTMLElement, shown: Shown): void {
    if (shown.time !== null) {
      cell.textContent = shown.time ? write(shown.time.value, "s") : "–";
      return;
    }
    const why = html("button", { type: "button", class: "wb-link" }, "not run");
    why.addEventListener("click", () => this.say(explainRefusal(shown)), { signal: this.signal });
    cell.replaceChildren(why);
  }
}

function text(shown: Shown, name: string): string {
  const found = figure(shown, name);
  return found ? write(found.value, found.unit) : "–";
}
