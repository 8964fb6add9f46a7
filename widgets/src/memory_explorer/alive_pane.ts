/** Why is this alive? What is in memory at the place looked at: the largest of each kind, each with its reason. */

import { swatch } from "../shared/buffers";
import { html } from "../shared/element";
import { plural, write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { explainBuffer } from "./sentence";
import type { Alive, Held, KindAlive, State } from "./state";

const KINDS: Record<string, [string, string]> = {
  activation: ["activation", "activations"],
  gradient: ["gradient", "gradients"],
  parameter: ["input or parameter", "inputs and parameters"],
  workspace: ["workspace", "workspaces"],
};

export class AlivePane {
  readonly root: HTMLElement;
  private readonly title = html("h4", {}, "Why is this alive?");
  private readonly about = html("p", { class: "wb-empty" });
  private readonly list = html("div", { class: "wb-held", "aria-label": "What is in memory there, the largest of each kind" });
  private readonly listbox: Listbox;
  private held: { held: Held; kind: KindAlive }[] = [];
  private shown: Alive | null = null;
  private unit = "FLOP";

  constructor(private readonly say: (sentence: string) => void, signal: AbortSignal) {
    this.listbox = new Listbox(this.list, (at) => this.choose(at), signal);
    this.root = html("div", { class: "wb-why" }, this.title, this.about, html("div", { class: "wb-scroll" }, this.list));
  }

  /** Takes what the kernel answered, if it is about what is looked at. */
  update(state: State, answer: Alive | Record<string, never>): void {
    const fits = "kinds" in answer && answer.plan === state.now?.index;
    if (!fits) {
      this.shown = null;
      this.held = [];
      this.about.textContent = state.now ? "Choose a place in the picture." : "Nothing is planned yet.";
      this.list.replaceChildren();
      this.list.hidden = true;
      return;
    }
    if (answer === this.shown) return;
    this.shown = answer as Alive;
    this.unit = state.now!.unit;
    this.draw(this.shown, state);
  }

  /** The sentence on what the kernel answered: on its largest feature map, if there is one. */
  explain(): void {
    if (this.held.length) this.choose(0);
  }

  private draw(answer: Alive, state: State): void {
    const where = answer.layer === null ? "" : ` of the layers from ${state.layers[answer.layer]}`;
    this.about.textContent = `${write(answer.bytes, "B")}${where} while ${answer.operation} runs (${answer.phase}, place ${answer.place + 1}).`;
    this.held = answer.kinds.flatMap((kind) => kind.buffers.map((held) => ({ held, kind })));
    let at = 0;
    const options: HTMLElement[] = [];
    const groups = answer.kinds.filter(({ count }) => count).map((kind) => {
      const rows = kind.buffers.map((held) => drawHeld(held, at++));
      options.push(...rows);
      return html("div", { role: "group", "aria-label": summary(kind) }, html("div", { class: "wb-held-kind", "aria-hidden": "true" }, swatch(kind.kind), summary(kind)), ...rows);
    });
    this.list.hidden = !options.length;
    this.list.replaceChildren(...groups);
    this.listbox.setOptions(options);
  }

  private choose(at: number): void {
    const found = this.held[at];
    if (!found || !this.shown) return;
    this.listbox.select(at);
    this.say(explainBuffer(found.held, found.kind, this.shown, this.unit));
  }
}

function summary({ kind, count, bytes }: KindAlive): string {
  const [one, many] = KINDS[kind]!;
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}, ${write(bytes, "B")}`;
}

function drawHeld(held: Held, at: number): HTMLElement {
  const price = held.fixed ? "held throughout" : held.again ? `${plural(held.again, "op")} to make again` : "in use";
  return html(
    "div",
    { class: "wb-held-row", "data-value": at, "data-key": held.name, "aria-label": `${held.name}, ${write(held.bytes, "B")}, ${price}` },
    html("span", { class: "wb-held-name" }, held.name),
    html("span", {}, write(held.bytes, "B")),
  );
}
