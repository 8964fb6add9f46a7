/**
 * Memory, planned: what is alive when and why, what each plan costs, and how that grows.
 * This file only wires: panes draw, `state.ts` says what is so, the kernel plans and measures.
 */

import type { AnyModel } from "@anywidget/types";
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
import { explorer, ExplorerView } from "./shared/explorer_view";
import { FiguresPane } from "./shared/figures_pane";
import type { Linked } from "./shared/link";
import { Rest } from "./shared/rest";

const REST = 500; // ms without a change after which the state is at rest
const SOON = 60; // ms after which the kernel is asked about the place looked at, if the eye stays there

class View extends ExplorerView<Traits> {
  private place: number | null = null;
  private layer: number | null = null;
  private looked = false;
  private soon = 0;
  private readonly rest: Rest;
  private readonly toPeak = html("button", { type: "button", class: "wb-button" }, "Look at the peak");
  private readonly controls: Controls;
  private readonly timeline: TimelinePane;
  private readonly layers: LayersPane;
  private readonly front: FrontPane;
  private readonly growth: GrowthPane;
  private readonly alive: AlivePane;
  private readonly figures: FiguresPane;
  private readonly legend = new Legend();

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, signal, "memory");
    const say = (sentence: string): void => this.say(sentence);
    this.rest = new Rest(null, REST, () => this.ask(), signal);
    this.controls = new Controls(
      {
        show: (family, sizes) => model.send({ ask: "show", family, sizes }),
        stop: () => model.send({ ask: "stop" }),
        weigh: (costs) => model.send({ ask: "weigh", costs }),
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
    this.toPeak.addEventListener("click", () => this.look(null, null), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.soon));
    const bar = html("div", { class: "wb-bar-title" }, html("h4", {}, "One training pass: what is alive when"), this.toPeak);
    this.open(
      {
        left: [this.controls.root, this.alive.root],
        middle: [
          bar, this.timeline.root,
          html("h4", {}, "By layer, first on top"), this.layers.root,
          html("h4", {}, "Growth with the length of the network"), this.growth.root,
        ],
        right: [html("h4", {}, "What this plan costs"), this.figures.root, html("h4", {}, "All plans found"), this.front.root],
        legend: this.legend.root,
      },
      [
        "title", "families", "family", "sizes", "strategies", "meanings", "refused", "layers", "ways", "weights", "costs", "plans", "growth", "published", "strategy", "budget",
        "alive", "runs", "searched", "stopped", "status", "progress", "error",
      ],
    );
    this.on("alive", () => this.answered());
    this.on("runs", () => this.sayMeasured("", this.state().now?.run?.figures));
    this.on("arguments", () => this.startAnew());
    this.on("costs", () => this.startAnew());
  }

  protected draw(): void {
    const { model } = this;
    const state = this.follow();
    const get = <K extends keyof Traits>(trait: K): Traits[K] => model.get(trait);
    this.controls.update(state, {
      families: get("families"), family: get("family"), sizes: get("sizes"), title: get("title"), stopped: get("stopped"),
      ways: get("ways"), weights: get("weights"), costs: get("costs"), refused: get("refused"), meanings: get("meanings"), status: get("status"), progress: get("progress"),
    });
    for (const pane of [this.timeline, this.layers, this.front, this.growth]) pane.update(state);
    this.alive.update(state, get("alive"));
    this.figures.update(state.now ?? { figures: [], run: undefined }, state.before);
    this.legend.update(state.strategies, get("meanings"));
  }

  protected python(): string {
    const { strategy, budget } = this.state();
    const rest = [
      this.model.get("arguments"),
      this.model.get("costs") === "FLOP" ? "" : `costs='${this.model.get("costs")}'`,
      strategy === CHEAPEST ? "" : `strategy='${strategy}'`,
      budget === null ? "" : `budget=${Math.round(budget)}`,
    ];
    return `MemoryExplorer(${rest.filter(Boolean).join(", ")})`;
  }

  protected linked(): Linked {
    const { model } = this;
    return { family: model.get("family"), sizes: model.get("sizes"), costs: model.get("costs"), strategy: model.get("strategy"), budget: model.get("budget") };
  }

  /** One of the course's networks is a link's as well as another. */
  protected override fits(state: Linked): boolean {
    return state.family ? this.model.get("family") !== "" : super.fits(state);
  }

  protected restore({ title, family, sizes, costs, strategy, budget }: Linked): void {
    const weighed = typeof costs === "string" && costs in this.model.get("weights") ? costs : this.model.get("costs");
    if (title !== this.model.get("title")) {
      this.model.send({ ask: "show", family, sizes, costs: weighed, strategy, budget });
      return;
    }
    if (weighed !== this.model.get("costs")) this.model.send({ ask: "weigh", costs: weighed });
    const known = typeof strategy === "string" && [CHEAPEST, ...this.model.get("strategies")].includes(strategy);
    this.choose({ strategy: known ? strategy : CHEAPEST, budget: typeof budget === "number" && budget >= 1 ? budget : null });
  }

  private state(): State {
    return readState(this.model, { before: this.rest.before, place: this.place, layer: this.layer });
  }

  /** Notices that another plan is chosen, here or in Python. */
  private follow(): State {
    if (this.rest.follow(this.state().now?.index ?? null)) {
      [this.place, this.layer] = [null, null]; // another schedule has other places
      this.explainPlan();
    }
    return this.state();
  }

  private startAnew(): void {
    this.rest.forget();
    [this.place, this.layer] = [null, null];
  }

  private choose(change: Partial<Pick<Traits, "strategy" | "budget">>): void {
    this.save(change);
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
}

export default explorer(View);
