/** The operation that is explained: what it declares, each declaration a switch, and what it waits for. */

import { html } from "../shared/element";
import type { State } from "./state";

export interface Declarations {
  forget: (operation: string, variable: string) => void;
  declare: (operation: string, variable: string) => void;
}

export class OperationPane {
  readonly root = html("div", { class: "wb-operation", role: "group", "aria-label": "The operation and what it declares" });
  private drawn: unknown[] = [];

  constructor(private readonly actions: Declarations, private readonly signal: AbortSignal) {}

  update(state: State): void {
    const now = [state.operations, state.operation, state.edges];
    if (now.every((each, at) => each === this.drawn[at])) return;
    this.drawn = now;
    this.draw(state);
  }

  private draw(state: State): void {
    const record = state.operations[state.operation];
    if (!record) {
      this.root.replaceChildren(html("p", { class: "wb-empty" }, "No operation yet: push one above."));
      return;
    }
    const { name, device, reads, writes, forgotten } = record;
    const row = (word: string, variables: string[], declared: boolean): HTMLElement | null =>
      variables.length ? html("div", { class: "wb-uses" }, html("span", {}, word), ...variables.map((each) => this.chip(name, each, declared))) : null;
    const before = new Map(state.edges.filter(({ second }) => second === state.operation).map(({ first }) => [first, state.operations[first]!.name]));
    const parts = [row("reads", reads, true), row("writes", writes, true), row("forgets", forgotten, false)];
    this.root.replaceChildren(
      html("b", {}, `${name}`),
      html("small", {}, ` on ${device}`),
      ...parts.filter((each) => each !== null),
      html("div", {}, html("small", {}, `waits for: ${[...before.values()].join(", ") || "nothing"}`)),
    );
  }

  private chip(operation: string, variable: string, declared: boolean): HTMLElement {
    const title = declared ? `Take away the declaration of ${variable}` : `Declare ${variable} again`;
    const made = html("button", { type: "button", class: "wb-chip", "aria-pressed": String(declared), "data-key": variable, title }, variable);
    const act = declared ? this.actions.forget : this.actions.declare;
    made.addEventListener("click", () => act(operation, variable), { signal: this.signal });
    return made;
  }
}
