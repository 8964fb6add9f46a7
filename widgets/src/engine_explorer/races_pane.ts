/** What the race checker found: two operations a race. Choosing one explains it. */

import { html } from "../shared/element";
import { plural } from "../shared/format";
import { explainRace } from "./sentence";
import type { State } from "./state";

export class RacesPane {
  readonly root = html("div", { class: "wb-races" });
  private drawn: unknown[] = [];

  constructor(private readonly say: (sentence: string) => void, private readonly signal: AbortSignal) {}

  update({ races, checked }: State): void {
    const now = [races, checked];
    if (now.every((each, at) => each === this.drawn[at])) return;
    this.drawn = now;
    if (!races.length) {
      this.root.replaceChildren(html("p", { class: "wb-empty" }, checked ? "✓ No race found." : "Not looked for yet."));
      return;
    }
    const rows = races.map((race) => {
      const made = html("button", { type: "button", class: "wb-link" }, `${race.names[0]} ⇄ ${race.names[1]}`);
      made.addEventListener("click", () => this.say(explainRace(race)), { signal: this.signal });
      return html("li", {}, made);
    });
    this.root.replaceChildren(html("p", { class: "wb-alarm" }, `✕ ${plural(races.length, "race")} found`), html("ul", {}, ...rows));
  }
}
