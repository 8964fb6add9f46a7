/**
 * Memory, planned: what is alive when and why, what each plan costs, and how that grows.
 * This file only wires: panes draw, `state.ts` says what is so, the kernel plans and measures.
 */

import type { AnyModel, RenderProps } from "@anywidget/types";
import { AlivePane } from "./memory_explorer/alive_pane";
import { Controls } from "./memory_explorer/controls";
import { FrontPane } from "./memory_explorer/front_pane";
import { GrowthPane } from "./memory_explorer/growth_pane";
import { LayersPane } from "./memory_explorer/layers_pane";
import { Legend } from "./memory_explorer/legend";
import { explainPlan } from "./memory_explorer/sentence";
import { CHEAPEST, drawnAt, readState, type State, type Traits } from "./memory_explorer/state";
import { TimelinePane } from "./memory_explorer/timeline_pane";
import { html } from "./shared/element";
import { FiguresPane } from "./shared/figures_pane";
import { write } from "./shared/format";
import { applyPalette } from "./shared/palette";
import { keepKeys } from "./shared/shortcuts";

type Model = AnyModel<Traits>;

const REST = 500; // ms without a change after which the state is at rest
const SOON = 60; // ms after which the kernel is asked about the place looked at, if the eye stays there

const WATCHED: (keyof Traits)[] = [
  "title", "families", "family", "sizes", "strategies", "refused", "layers", "ways", "plans", "growth", "strategy", "budget",
  "alive", "runs", "searched", "status", "progress", "error",
];

class View {
  readonly root: HTMLElement;
  private before: number | null = null;
  private rested: number | null = null;
  private current: number | null = null;
  private place: number | null = null;
  private layer: number | null = null;
  private looked = false;
  private frame = 0;
  private rest = 0;
  private soon = 0;
  private readonly title = html("h3");
  private readonly sentence = html("p", { class: "wb-sentence", "aria-live": "polite" });
  private readonly error = html("p", { class: "wb-error", role: "alert" });
  private readonly call = html("code", { class: "wb-call" });
  private readonly copy = html("button", { type: "button", class: "wb-button" }, "Copy as Python");
  private readonly toPeak = html("button", { type: "button", class: "wb-button" }, "Look at the peak");
  private readonly controls: Controls;
  private readonly timeline: TimelinePane;
  private readonly layers: LayersPane;
  private readonly front: FrontPane;
  private readonly growth: GrowthPane;
  private readonly alive: AlivePane;
  private readonly figures: FiguresPane;
  private readonly legend = new Legend();

  constructor(private readonly model: Model, signal: AbortSignal) {
    const say = (sentence: string): void => this.say(sentence);
    this.controls = new Controls(
      {
        show: (family, sizes) => model.send({ ask: "show", family, sizes }),
        strategy: (name) => this.choose({ strategy: name }),
        budget: (bytes) => this.choose({ budget: bytes }),
        measure: (way) => model.send({ ask: "measure", way }),
        cancel: () => model.send({ ask: "cancel" }),
      },
      signal,
    );
    this.timeline = new TimelinePane((place) => this.look(place, null), signal);
    this.layers = new LayersPane((place, layer) => this.look(place, layer), signal);
    this.front = new FrontPane((index) => this.apply(index), say, signal);
    this.growth = new GrowthPane(signal);
    this.alive = new AlivePane(say, signal);
    this.figures = new FiguresPane("Figures of this plan", say, signal);
    this.copy.addEventListener("click", () => this.copyCall(), { signal });
    this.toPeak.addEventListener("click", () => this.look(null, null), { signal });
    this.root = this.assemble();
    applyPalette(this.root);
    keepKeys(this.root, signal);
    this.listen(signal);
    this.update();
  }

  private assemble(): HTMLElement {
    const bar = html("div", { class: "wb-bar-title" }, html("h4", {}, "One training pass: what is alive when"), this.toPeak);
    const grid = html(
      "div",
      { class: "wb-grid" },
      html("div", { class: "wb-left" }, this.title, this.controls.root, this.alive.root),
      html(
        "div",
        { class: "wb-middle" },
        bar, this.timeline.root,
        html("h4", {}, "By layer, first on top"), this.layers.root,
        html("h4", {}, "Growth with the length of the network"), this.growth.root,
      ),
      html(
        "div",
        { class: "wb-right" },
        html("h4", {}, "What this plan costs"), this.figures.root,
        html("h4", {}, "All plans found"), this.front.root,
      ),
      html("div", { class: "wb-foot" }, this.error, this.sentence, html("div", { class: "wb-row" }, this.copy, this.call), this.legend.root),
    );
    return html("section", { class: "wb-explorer wb-memory", "aria-label": "Memory explorer" }, grid);
  }

  private listen(signal: AbortSignal): void {
    const on = (trait: keyof Traits, act: () => void): void => {
      this.model.on(`change:${trait}`, act);
      signal.addEventListener("abort", () => this.model.off(`change:${trait}`, act));
    };
    for (const trait of WATCHED) on(trait, () => this.redraw());
    on("alive", () => this.answered());
    on("runs", () => this.sayMeasured());
    on("arguments", () => this.startAnew());
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.frame);
      for (const timer of [this.rest, this.soon]) clearTimeout(timer);
    });
  }

  /** Many traits change together: one drawing a frame serves them all. */
  redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.update());
  }

  private update(): void {
    const { model } = this;
    const state = this.follow();
    const get = <K extends keyof Traits>(trait: K): Traits[K] => model.get(trait);
    this.title.textContent = get("title");
    this.error.textContent = get("error");
    this.call.textContent = this.python(state);
    this.controls.update(state, {
      families: get("families"), family: get("family"), sizes: get("sizes"), title: get("title"),
      ways: get("ways"), refused: get("refused"), status: get("status"), progress: get("progress"),
    });
    for (const pane of [this.timeline, this.layers, this.front]) pane.update(state);
    this.growth.update(state, !get("family"));
    this.alive.update(state, get("alive"));
    this.figures.update(state.now ?? { figures: [], run: undefined }, state.before);
    this.legend.update(state.strategies);
  }

  private state(): State {
    return readState(this.model, { before: this.before, place: this.place, layer: this.layer });
  }

  /** Notices that another plan is chosen, here or in Python; it is compared with the one where the state last rested. */
  private follow(): State {
    const index = this.state().now?.index ?? null;
    if (index !== this.current) {
      this.current = index;
      [this.place, this.layer] = [null, null]; // another schedule has other places
      if (index !== this.rested) this.before = this.rested;
      this.explainPlan();
      clearTimeout(this.rest);
      this.rest = window.setTimeout(() => this.arrive(), REST);
    }
    return this.state();
  }

  private arrive(): void {
    this.rested = this.current;
    if (this.current !== null) this.ask();
  }

  private startAnew(): void {
    [this.before, this.rested, this.current, this.place, this.layer] = [null, null, null, null, null];
  }

  private choose(change: { strategy?: string; budget?: number | null }): void {
    if (change.strategy !== undefined) this.model.set("strategy", change.strategy);
    if (change.budget !== undefined) this.model.set("budget", change.budget);
    this.model.save_changes();
    this.explainPlan();
  }

  private explainPlan(): void {
    const { now, budget } = this.state();
    if (now) this.say(explainPlan(now, budget));
  }

  /** A plan is applied by the strategy and the budget that choose it. */
  private apply(index: number): void {
    const plan = this.model.get("plans")[index]!;
    this.choose({ strategy: plan.strategy, budget: plan.peak });
  }

  private look(place: number | null, layer: number | null): void {
    [this.place, this.layer, this.looked] = [place, layer, true];
    this.update(); // at once: the next key may come before the next frame, and starts from here
    clearTimeout(this.soon);
    this.soon = window.setTimeout(() => this.ask(), SOON);
  }

  private ask(): void {
    const { now } = this.state();
    if (!now) return;
    const place = this.place ?? now.places[drawnAt(now, null)]!;
    this.model.send({ ask: "why", place, layer: this.layer });
  }

  /** The kernel has answered; unasked for, it explains the plan rather than a value. */
  private answered(): void {
    this.update();
    if (this.looked) this.alive.explain();
    this.looked = false;
  }

  private sayMeasured(): void {
    const { now } = this.state();
    const figures = now?.run?.figures.map(({ name, value, unit }) => `${name} ${write(value, unit)}`);
    if (figures) this.say(`Measured: ${figures.join(", ")}.`);
  }

  private say(sentence: string): void {
    this.sentence.textContent = sentence;
  }

  /** The call that makes this state. */
  private python({ strategy, budget }: State): string {
    const rest = [
      this.model.get("arguments"),
      strategy === CHEAPEST ? "" : `strategy='${strategy}'`,
      budget === null ? "" : `budget=${Math.round(budget)}`,
    ];
    return `MemoryExplorer(${rest.filter(Boolean).join(", ")})`;
  }

  private async copyCall(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.call.textContent ?? "");
      this.say("Copied: paste it into a cell to come back to this state.");
    } catch {
      // No clipboard without a secure page or its permission: leave the call selected for the copy key.
      getSelection()?.selectAllChildren(this.call);
      this.say("The browser keeps its clipboard closed; the call is selected, copy it by key.");
    }
  }
}

function render({ model, el }: RenderProps<Traits>): () => void {
  const control = new AbortController();
  const view = new View(model, control.signal);
  el.append(view.root);
  view.redraw(); // in its place it knows its size
  return () => {
    control.abort();
    view.root.remove();
  };
}

export default { render };
