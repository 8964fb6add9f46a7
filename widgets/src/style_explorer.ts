/**
 * A style is where you cut the graph: the same step as code and as a graph, and what each cut of it costs.
 * This file only wires: panes draw, `state.ts` says what is so, the kernel measures.
 */

import type { AnyModel, RenderProps } from "@anywidget/types";
import { html } from "./shared/element";
import { FiguresPane } from "./shared/figures_pane";
import { write } from "./shared/format";
import { applyPalette } from "./shared/palette";
import { keepKeys } from "./shared/shortcuts";
import { CodePane } from "./style_explorer/code_pane";
import { Controls } from "./style_explorer/controls";
import { GraphPane } from "./style_explorer/graph_pane";
import { legend } from "./style_explorer/legend";
import { LossPane } from "./style_explorer/loss_pane";
import { explainOperation, explainSegment } from "./style_explorer/sentence";
import { readState, type State, type Traits } from "./style_explorer/state";
import { TracePane } from "./style_explorer/trace_pane";

type Model = AnyModel<Traits>;

const REST = 600; // ms without a move after which the slider is at rest

const WATCHED: (keyof Traits)[] = [
  "title", "nodes", "code", "levels", "cut", "step", "auto", "runs", "status", "progress", "error",
];

class View {
  readonly root: HTMLElement;
  private before: number | null = null;
  private rested: number;
  private place: number;
  private moved = false;
  private frame = 0;
  private rest = 0;
  private readonly title = html("h3");
  private readonly sentence = html("p", { class: "wb-sentence", "aria-live": "polite" });
  private readonly error = html("p", { class: "wb-error", role: "alert" });
  private readonly call = html("code", { class: "wb-call" });
  private readonly copy = html("button", { type: "button", class: "wb-button" }, "Copy as Python");
  private readonly fit = html("button", { type: "button", class: "wb-button", "aria-pressed": "false" }, "Whole graph");
  private readonly controls: Controls;
  private readonly code: CodePane;
  private readonly graph: GraphPane;
  private readonly trace: TracePane;
  private readonly figures: FiguresPane;
  private readonly loss = new LossPane();

  constructor(private readonly model: Model, signal: AbortSignal) {
    this.place = this.rested = model.get("cut");
    this.controls = new Controls(
      {
        cut: (place) => this.moveCut(place),
        step: (by) => this.stepTo(model.get("step") + by),
        measure: () => model.send({ ask: "measure" }),
        cancel: () => model.send({ ask: "cancel" }),
        auto: (on) => this.save("auto", on),
      },
      signal,
    );
    this.code = new CodePane((id) => this.stepTo(id), signal);
    this.graph = new GraphPane((id) => this.stepTo(id), signal);
    this.trace = new TracePane((segment) => this.chooseSegment(segment), signal);
    this.figures = new FiguresPane("Figures of this cut", (sentence) => this.say(sentence), signal);
    this.copy.addEventListener("click", () => this.copyCall(), { signal });
    this.fit.addEventListener("click", () => this.toggleFit(), { signal });
    this.root = this.assemble();
    applyPalette(this.root);
    keepKeys(this.root, signal);
    this.listen(signal);
    this.update();
    this.explainStep();
  }

  private assemble(): HTMLElement {
    const middle = html("div", { class: "wb-bar-title" }, html("h4", {}, "The same step as a graph, cut into segments"), this.fit);
    const grid = html(
      "div",
      { class: "wb-grid" },
      html("div", { class: "wb-left" }, this.title, this.controls.root, this.code.root),
      html("div", { class: "wb-middle" }, middle, this.graph.root, html("h4", {}, "One recorded step"), this.trace.root),
      html("div", { class: "wb-right" }, html("h4", {}, "What this cut costs"), this.figures.root, this.loss.root),
      html("div", { class: "wb-foot" }, this.error, this.sentence, html("div", { class: "wb-row" }, this.copy, this.call), legend()),
    );
    return html("section", { class: "wb-explorer wb-style", "aria-label": "Style explorer" }, grid);
  }

  private listen(signal: AbortSignal): void {
    const on = (trait: keyof Traits, act: () => void): void => {
      this.model.on(`change:${trait}`, act);
      signal.addEventListener("abort", () => this.model.off(`change:${trait}`, act));
    };
    for (const trait of WATCHED) on(trait, () => this.redraw());
    on("step", () => this.explainStep());
    on("runs", () => this.sayMeasured());
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.frame);
      clearTimeout(this.rest);
    });
  }

  /** Many traits change together: one drawing a frame serves them all. */
  redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.update());
  }

  private update(): void {
    const { model } = this;
    if (model.get("cut") !== this.place) this.follow();
    const state = this.state();
    this.title.textContent = model.get("title");
    this.call.textContent = state.now.call;
    this.error.textContent = model.get("error");
    const [cut, auto, status, progress] = [this.place, model.get("auto"), model.get("status"), model.get("progress")];
    this.controls.update(model.get("levels"), { cut, auto, status, progress });
    for (const pane of [this.code, this.graph, this.trace, this.loss]) pane.update(state);
    this.figures.update(state.now, state.before);
  }

  private state(): State {
    return readState(this.model, this.before);
  }

  private save<K extends keyof Traits>(trait: K, value: Traits[K]): void {
    this.model.set(trait, value);
    this.model.save_changes();
  }

  private moveCut(place: number): void {
    this.moved = true;
    this.save("cut", place);
    this.explainStep();
  }

  /** The cut moved, here or in Python. It is compared with where it last rested, not with every place it passed. */
  private follow(): void {
    this.place = this.model.get("cut");
    if (this.place !== this.rested) this.before = this.rested;
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => this.arrive(), REST);
  }

  private arrive(): void {
    this.rested = this.place;
    const known = this.model.get("runs")[String(this.place)];
    // Moved in Python, it is left to Python to measure: a cell's own times must not be disturbed.
    if (this.moved && this.model.get("auto") && !known) this.model.send({ ask: "measure" });
    this.moved = false;
  }

  private stepTo(id: number): void {
    if (id >= 0 && id < this.model.get("nodes").length) this.save("step", id);
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

  private sayMeasured(): void {
    const { now } = this.state();
    const figures = now.run?.figures.map(({ name, value, unit }) => `${name} ${write(value, unit)}`);
    if (figures) this.say(`Measured at ${now.label}: ${figures.join(", ")}.`);
  }

  private say(sentence: string): void {
    this.sentence.textContent = sentence;
  }

  private toggleFit(): void {
    const whole = this.fit.getAttribute("aria-pressed") !== "true";
    this.fit.setAttribute("aria-pressed", String(whole));
    this.graph.fit(whole);
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
  view.redraw(); // in its place it knows its size, and can scroll to the operation it shows
  return () => {
    control.abort();
    view.root.remove();
  };
}

export default { render };
