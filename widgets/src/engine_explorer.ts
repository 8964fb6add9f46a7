/**
 * The dependency engine: operations in their queues, the graph of what waits for what, and recorded runs of it.
 * This file only wires: panes draw, `state.ts` says what is so, the kernel runs, records and checks.
 */

import type { AnyModel } from "@anywidget/types";
import { Controls } from "./engine_explorer/controls";
import { GraphPane } from "./engine_explorer/graph_pane";
import { legend } from "./engine_explorer/legend";
import { OperationPane } from "./engine_explorer/operation_pane";
import { QueuesPane } from "./engine_explorer/queues_pane";
import { RacesPane } from "./engine_explorer/races_pane";
import { explainOperation, explainRaces, explainTick } from "./engine_explorer/sentence";
import { readState, type State, type Traits } from "./engine_explorer/state";
import { TimelinePane } from "./engine_explorer/timeline_pane";
import { html } from "./shared/element";
import { explorer, ExplorerView } from "./shared/explorer_view";
import { type Costed, FiguresPane } from "./shared/figures_pane";
import type { Linked } from "./shared/link";

const BEAT = 900; // ms a tick, played

class View extends ExplorerView<Traits> {
  private timer = 0;
  private before: Costed | null = null;
  private now: Costed;
  private readonly fit = html("button", { type: "button", class: "wb-button", "aria-pressed": "false" }, "Whole graph");
  private readonly controls: Controls;
  private readonly operation: OperationPane;
  private readonly graph: GraphPane;
  private readonly timeline: TimelinePane;
  private readonly queues = new QueuesPane();
  private readonly races: RacesPane;
  private readonly figures: FiguresPane;

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, signal, "engine");
    this.now = { figures: model.get("predicted"), run: undefined };
    this.controls = new Controls(
      {
        show: (devices, steps) => model.send({ ask: "show", devices, steps }),
        push: (name, reads, writes, device) => model.send({ ask: "push", name, reads, writes, device }),
        takeBack: () => model.send({ ask: "take back" }),
        engine: (kind) => this.choose({ engine: kind, tick: 0 }),
        tick: (to) => this.go(to),
        play: () => this.play(),
        check: () => model.send({ ask: "check" }),
        measure: () => model.send({ ask: "measure" }),
      },
      signal,
    );
    const forget = (operation: string, variable: string): void => model.send({ ask: "forget", operation, variable });
    const declare = (operation: string, variable: string): void => model.send({ ask: "declare", operation, variable });
    this.operation = new OperationPane({ forget, declare }, signal);
    this.graph = new GraphPane((operation) => this.look(operation), ({ second, variable }) => forget(this.state().operations[second]!.name, variable), signal);
    this.timeline = new TimelinePane((operation, sentence) => this.look(operation, sentence), signal);
    this.races = new RacesPane((sentence) => this.say(sentence), signal);
    this.figures = new FiguresPane("Figures of this program", (sentence) => this.say(sentence), signal);
    this.fit.addEventListener("click", () => this.toggleFit(), { signal });
    signal.addEventListener("abort", () => clearInterval(this.timer));
    const bar = html("div", { class: "wb-bar-title" }, html("h4", {}, "What waits for what, by device"), this.fit);
    this.open(
      {
        left: [this.controls.root, html("h4", {}, "This operation"), this.operation.root],
        middle: [bar, this.graph.root, html("h4", {}, "Recorded runs"), this.timeline.root],
        right: [
          html("h4", {}, "Queues at this tick"), this.queues.root,
          html("h4", {}, "Race checker"), this.races.root,
          html("h4", {}, "What it costs"), this.figures.root,
        ],
        legend: legend(),
      },
      [
        "title", "own", "devices", "steps", "pushed", "operations", "edges", "variables", "frames", "predicted", "checked", "races", "runs",
        "arguments", "engine", "tick", "operation", "status", "progress", "error",
      ],
    );
    this.on("tick", () => this.say(explainTick(this.state())));
    this.on("operation", () => this.explain());
    this.on("checked", () => model.get("checked") && this.say(explainRaces(this.state())));
    this.on("runs", () => this.sayMeasured("", this.state().run?.figures));
    this.say(model.get("checked") ? explainRaces(this.state()) : explainTick(this.state()));
  }

  protected draw(): void {
    const { model } = this;
    const state = this.state();
    const [own, devices, steps, pushed] = [model.get("own"), model.get("devices"), model.get("steps"), model.get("pushed")];
    this.controls.update(state, { own, devices, steps, pushed, status: model.get("status"), progress: model.get("progress") }, this.timer !== 0);
    for (const pane of [this.operation, this.graph, this.timeline, this.queues, this.races]) pane.update(state);
    this.compare(state);
  }

  /** What stood here before the last change is what figures are compared with. */
  private compare({ run }: State): void {
    const predicted = this.model.get("predicted");
    if (predicted !== this.now.figures) [this.before, this.now] = [this.now, { figures: predicted, run }];
    else this.now = { figures: predicted, run };
    this.figures.update(this.now, this.before);
  }

  protected python(): string {
    const { engine, tick } = this.state();
    const rest = [this.model.get("arguments"), engine === "threaded" ? "" : `engine='${engine}'`, tick ? `tick=${tick}` : ""];
    return `EngineExplorer(${rest.filter(Boolean).join(", ")})`;
  }

  protected linked(): Linked {
    const { model } = this;
    return {
      own: model.get("own"), devices: model.get("devices"), steps: model.get("steps"), pushed: model.get("pushed"),
      undeclared: model.get("undeclared"), engine: model.get("engine"), tick: model.get("tick"),
    };
  }

  /** A link to the network is any explorer's that shows one. */
  protected override fits(state: Linked): boolean {
    return state.own ? super.fits(state) : !this.model.get("own");
  }

  protected restore({ devices, steps, pushed, undeclared, engine, tick }: Linked): void {
    this.model.send({ ask: "show", devices, steps, pushed, undeclared, engine, tick });
  }

  private state(): State {
    return readState(this.model);
  }

  private choose(change: Partial<Traits>): void {
    this.save(change);
    this.update();
  }

  private go(to: number): void {
    const { last } = this.state();
    this.choose({ tick: Math.min(last, Math.max(0, to)) });
  }

  private play(): void {
    if (this.timer) return this.pause();
    if (this.state().tick === this.state().last) this.go(0);
    this.timer = window.setInterval(() => {
      this.go(this.state().tick + 1);
      if (this.state().tick === this.state().last) this.pause();
    }, BEAT);
    this.update();
  }

  private pause(): void {
    clearInterval(this.timer);
    this.timer = 0;
    this.update();
  }

  private look(operation: number, sentence?: string): void {
    this.choose({ operation });
    if (sentence) this.say(sentence);
    else this.explain();
  }

  private explain(): void {
    const state = this.state();
    if (state.operations[state.operation]) this.say(explainOperation(state, state.operation));
  }

  private toggleFit(): void {
    const whole = this.fit.getAttribute("aria-pressed") !== "true";
    this.fit.setAttribute("aria-pressed", String(whole));
    this.graph.fit(whole);
  }
}

export default explorer(View);
