/**
 * Low rank, by hand: ranks are dragged on a block, five ways stand side by side, and each contraction is stepped through.
 * This file only wires: panes draw, `state.ts` says what is so, the kernel searches orders, fits and measures.
 */

import type { AnyModel } from "@anywidget/types";
import { BlockPane } from "./contraction_explorer/block_pane";
import { Controls } from "./contraction_explorer/controls";
import { ErrorsPane } from "./contraction_explorer/errors_pane";
import { legend } from "./contraction_explorer/legend";
import { PicturePane } from "./contraction_explorer/picture_pane";
import { SavingsPane } from "./contraction_explorer/savings_pane";
import { explainOrder, explainStep, explainVariant } from "./contraction_explorer/sentence";
import { errorFigure, figure, ORDERS, readState, type State, type Traits } from "./contraction_explorer/state";
import { TablePane } from "./contraction_explorer/table_pane";
import { TreePane } from "./contraction_explorer/tree_pane";
import { html } from "./shared/element";
import { explorer, ExplorerView } from "./shared/explorer_view";
import { type Costed, FiguresPane } from "./shared/figures_pane";
import type { Linked } from "./shared/link";
import type { Quantity } from "./shared/quantity";
import { Rest } from "./shared/rest";

const REST = 600; // ms without a change after which the ranks are at rest
const WAITING = "The tensor is on its way; until it is there no error is known.";

class View extends ExplorerView<Traits> {
  private step: number | null = null;
  private before: Quantity | undefined; // the work in the order before
  private awaited = false; // whether the sentence on an order waits for the kernel's answer
  private anew = false; // whether the sentence is still of the tensor before
  private readonly seen: { key: string; costed: Costed }[] = [];
  private readonly rest: Rest;
  private readonly controls: Controls;
  private readonly block: BlockPane;
  private readonly pictures = new PicturePane();
  private readonly table: TablePane;
  private readonly tree: TreePane;
  private readonly figures: FiguresPane;
  private readonly savings: SavingsPane;
  private readonly errors: ErrorsPane;

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, signal, "contraction");
    const say = (sentence: string): void => this.say(sentence);
    this.rest = new Rest(0, REST, () => model.send({ ask: "fit" }), signal);
    this.controls = new Controls(
      {
        show: (study) => model.send({ ask: "show", study }),
        set: (change) => this.change(change),
        measure: () => model.send({ ask: "measure" }),
        cancel: () => model.send({ ask: "cancel" }),
        stop: () => model.send({ ask: "stop" }),
      },
      signal,
    );
    this.block = new BlockPane((ranks, atOnce) => this.drag(ranks, atOnce), signal);
    this.table = new TablePane((variant) => this.change({ variant }), say, signal);
    this.tree = new TreePane((step) => this.walk(step), signal);
    this.figures = new FiguresPane("Figures of this way", say, signal);
    this.savings = new SavingsPane(say, signal);
    this.errors = new ErrorsPane(WAITING, signal);
    const bar = html("div", { class: "wb-bar-title wb-tree-bar" }, this.controls.orders, this.tree.buttons);
    this.open(
      {
        left: [this.controls.root, html("h4", {}, "Ranks: drag the handles"), this.block.root, this.pictures.root],
        middle: [html("h4", {}, "Five ways at these ranks"), this.table.root, html("h4", {}, "Contraction tree"), bar, this.tree.root],
        right: [html("h4", {}, "What changed"), this.figures.root, html("h4", {}, "Space savings"), this.savings.root, html("h4", {}, "Error by parameters"), this.errors.root],
        legend: legend(),
      },
      [
        "title", "studies", "study", "shape", "modes", "says", "missing", "ranks", "outputs", "batch", "variant", "order", "limit", "found",
        "ladders", "grid", "fits", "fitted", "stopped", "pictures", "published", "runs", "status", "progress", "error",
      ],
    );
    this.on("runs", () => this.sayTimes());
    this.on("found", () => this.answered());
    this.on("variant", () => (this.step = null));
    this.on("study", () => this.startAnew());
    this.say(explainVariant(this.state()));
  }

  protected draw(): void {
    const { model } = this;
    const get = <K extends keyof Traits>(trait: K): Traits[K] => model.get(trait);
    this.controls.update({
      studies: get("studies"), study: get("study"), title: get("title"), says: get("says"), missing: get("missing"), role: get("role"),
      outputs: get("outputs"), batch: get("batch"), order: get("order"), limit: get("limit"), fitted: get("fitted"), stopped: get("stopped"),
      status: get("status"), progress: get("progress"),
    });
    if (get("found").variants[0] && get("found").ranks.length !== get("ranks").length) return; // another tensor is half way here
    const state = this.state();
    this.errors.waiting = get("missing") ? `No error can be shown: ${get("missing")}.` : WAITING;
    for (const pane of [this.block, this.table, this.tree, this.savings, this.errors]) pane.update(state);
    this.pictures.update(get("pictures"));
    this.figures.update(costed(state), this.follow(state));
    this.root.dataset.settled = String(state.settled);
    if (this.anew) this.say(explainVariant(state));
    this.anew = false;
  }

  protected python(): string {
    const { model } = this;
    const get = <K extends keyof Traits>(trait: K): Traits[K] => model.get(trait);
    const rest = [
      get("arguments"),
      `ranks=(${get("ranks").join(", ")})`,
      get("role") === "weight" ? "" : `outputs=${get("outputs")}`,
      get("batch") === 1 ? "" : `batch=${get("batch")}`,
      get("variant") === "tcl" ? "" : `variant='${get("variant")}'`,
      get("order") === "best" ? "" : `order='${get("order")}'`,
      get("order") === "limited" ? `limit=${get("limit")}` : "",
    ];
    return `ContractionExplorer(${rest.filter(Boolean).join(", ")})`;
  }

  protected linked(): Linked {
    const names = ["study", "ranks", "outputs", "batch", "variant", "order", "limit"] as const;
    return { ...Object.fromEntries(names.map((name) => [name, this.model.get(name)])), step: this.step };
  }

  /** One of the tensors that come along is a link's as well as another. */
  protected override fits(state: Linked): boolean {
    return state.study ? this.model.get("study") !== "" : super.fits(state);
  }

  protected restore({ title: _title, step, study, ...state }: Linked): void {
    this.step = typeof step === "number" ? step : null;
    this.model.send({ ask: "restore", study, state });
  }

  private state(): State {
    return readState(this.model, this.step);
  }

  private drag(ranks: number[], atOnce: boolean): void {
    this.awaited = false;
    this.save({ ranks });
    if (atOnce) this.update(); // the next key may come before the next frame, and starts from here
    this.say(explainVariant(this.state()));
  }

  private change(change: Partial<Traits>): void {
    this.before = "order" in change ? figure(this.state().now, "work") : undefined;
    if ("variant" in change || "order" in change) this.step = null;
    this.save(change);
    this.update();
    const state = this.state();
    this.awaited = !("variant" in change) && !state.settled;
    this.say("variant" in change ? explainVariant(state) : explainOrder(state, this.before));
  }

  private answered(): void {
    if (this.awaited) this.say(explainOrder(this.state(), this.before));
    this.awaited = false;
  }

  private walk(step: number): void {
    [this.step, this.awaited] = [step, false];
    this.update();
    this.say(explainStep(this.state()));
  }

  /** The figures of where it rested before, to compare with. */
  private follow(state: State): Costed | null {
    const key = JSON.stringify([state.now.variant.name, state.ranks, state.order, state.limit, this.model.get("outputs"), this.model.get("batch")]);
    const last = this.seen.at(-1);
    if (last?.key === key) last.costed = costed(state);
    else this.seen.push({ key, costed: costed(state) });
    this.rest.follow(this.seen.length - 1);
    return this.rest.before === null ? null : this.seen[this.rest.before]!.costed;
  }

  private startAnew(): void {
    this.rest.forget();
    this.seen.length = 0;
    this.step = null;
    this.anew = true;
  }

  private sayTimes(): void {
    const { shown, order } = this.state();
    const times = shown.flatMap(({ variant, time }) => (time ? [{ ...time, name: variant.title }] : []));
    if (times.length) this.sayMeasured(`, ${ORDERS[order]}`, times);
  }
}

function costed({ now }: State): Costed {
  const measured = [...(now.time ? [now.time] : []), ...errorFigure(now)];
  return { figures: now.figures, run: measured.length ? { figures: measured } : undefined };
}

export default explorer(View);
