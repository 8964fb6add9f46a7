/**
 * A style is where you cut the graph: the same step as code and as a graph, and what each cut of it costs.
 * This file only wires: panes draw, `state.ts` says what is so, the kernel measures.
 */

import type { AnyModel } from "@anywidget/types";
import { html } from "./shared/element";
import { explorer, ExplorerView } from "./shared/explorer_view";
import { FiguresPane } from "./shared/figures_pane";
import type { Linked } from "./shared/link";
import { Rest } from "./shared/rest";
import { CodePane } from "./style_explorer/code_pane";
import { Controls } from "./style_explorer/controls";
import { GraphPane } from "./style_explorer/graph_pane";
import { legend } from "./style_explorer/legend";
import { LossPane } from "./style_explorer/loss_pane";
import { explainOperation, explainSegment } from "./style_explorer/sentence";
import { readState, type State, type Traits } from "./style_explorer/state";
import { TracePane } from "./style_explorer/trace_pane";

const REST = 600; // ms without a move after which the slider is at rest

class View extends ExplorerView<Traits> {
  private moved = false;
  private readonly rest: Rest;
  private readonly sizes = { whole: toggle("Whole graph"), full: toggle("Full size") };
  private readonly controls: Controls;
  private readonly code: CodePane;
  private readonly graph: GraphPane;
  private readonly trace: TracePane;
  private readonly figures: FiguresPane;
  private readonly loss = new LossPane();

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, signal, "style");
    this.rest = new Rest(model.get("cut"), REST, () => this.arrive(), signal);
    this.controls = new Controls(
      {
        cut: (place) => this.moveCut(place),
        step: (by) => this.stepTo(model.get("step") + by),
        measure: () => model.send({ ask: "measure" }),
        cancel: () => model.send({ ask: "cancel" }),
        auto: (on) => this.save({ auto: on }),
      },
      signal,
    );
    this.code = new CodePane((id) => this.stepTo(id), signal);
    this.graph = new GraphPane((id) => this.stepTo(id), signal);
    this.trace = new TracePane((segment) => this.chooseSegment(segment), signal);
    this.figures = new FiguresPane("Figures of this cut", (sentence) => this.say(sentence), signal);
    this.sizes.whole.addEventListener("click", () => this.toggleSize("whole"), { signal });
    this.sizes.full.addEventListener("click", () => this.toggleSize("full"), { signal });
    const bar = html("div", { class: "wb-bar-title" }, html("h4", {}, "The same step as a graph, in segments"), html("span", { class: "wb-row" }, this.sizes.whole, this.sizes.full));
    this.open(
      {
        left: [this.controls.root, this.code.root],
        middle: [bar, this.graph.root, html("h4", {}, "One recorded step"), this.trace.root],
        right: [html("h4", {}, "What this cut costs"), this.figures.root, this.loss.root],
        legend: legend(),
      },
      ["title", "nodes", "code", "levels", "cut", "step", "auto", "runs", "status", "progress", "error"],
    );
    this.on("step", () => this.explainStep());
    this.on("runs", () => this.sayRun());
    this.explainStep();
  }

  protected draw(): void {
    const { model } = this;
    this.rest.follow(model.get("cut"));
    const state = this.state();
    const [cut, auto, status, progress] = [model.get("cut"), model.get("auto"), model.get("status"), model.get("progress")];
    this.controls.update(model.get("levels"), { cut, auto, status, progress });
    for (const pane of [this.code, this.graph, this.trace, this.loss]) pane.update(state);
    this.figures.update(state.now, state.before);
  }

  protected python(): string {
    return this.state().now.call;
  }

  protected linked(): Linked {
    return { cut: this.model.get("cut"), step: this.model.get("step") };
  }

  protected restore({ cut, step }: Linked): void {
    if (isPlace(cut, this.model.get("levels"))) this.save({ cut });
    if (isPlace(step, this.model.get("nodes"))) this.save({ step });
  }

  private state(): State {
    return readState(this.model, this.rest.before);
  }

  private moveCut(place: number): void {
    this.moved = true;
    this.save({ cut: place });
    this.explainStep();
  }

  private arrive(): void {
    const known = this.model.get("runs")[String(this.model.get("cut"))];
    // Moved in Python, it is left to Python to measure: a cell's own times must not be disturbed.
    if (this.moved && this.model.get("auto") && !known) this.model.send({ ask: "measure" });
    this.moved = false;
  }

  private stepTo(id: number): void {
    if (id >= 0 && id < this.model.get("nodes").length) this.save({ step: id });
  }

  private chooseSegment(index: number): void {
    const first = this.state().now.segments[index]?.[0];
    if (first !== undefined) this.stepTo(first);
    this.say(explainSegment(this.state(), index));
  }

  private explainStep(): void {
    const state = this.state();
    const node = state.nodes[state.step];
    if (node) this.say(explainOperation(state, node));
  }

  private sayRun(): void {
    const { now } = this.state();
    this.sayMeasured(` at ${now.label}`, now.run?.figures);
  }

  /** Pressed again, a size gives way to the width of the pane. */
  private toggleSize(size: "whole" | "full"): void {
    const wanted = this.sizes[size].getAttribute("aria-pressed") === "true" ? "width" : size;
    for (const [name, button] of Object.entries(this.sizes)) button.setAttribute("aria-pressed", String(name === wanted));
    this.graph.size(wanted);
  }
}

function toggle(text: string): HTMLButtonElement {
  return html("button", { type: "button", class: "wb-button", "aria-pressed": "false" }, text);
}

const isPlace = (value: unknown, among: unknown[]): value is number => Number.isInteger(value) && among[value as number] !== undefined;

export default explorer(View);
