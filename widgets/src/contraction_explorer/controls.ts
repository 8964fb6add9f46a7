/** What is studied, in which order it is contracted, and what is to be measured. */

import { html } from "../shared/element";
import { MeasureButton } from "../shared/measure_button";
import { type Bounds, NumberField } from "../shared/number_field";
import { type Order, ORDERS, type Traits } from "./state";

export interface Actions {
  show: (study: string) => void;
  set: (change: Partial<Pick<Traits, "outputs" | "batch" | "order" | "limit">>) => void;
  measure: () => void;
  cancel: () => void;
  stop: () => void;
}

const COUNT: Bounds = { low: 1, high: 1e12, whole: true };
const LIMITS = [1, 0.75, 0.5, 0.25, 0.1, 0.05];

export class Controls {
  readonly root: HTMLElement;
  /** Stands above the tree, whose order it is. */
  readonly orders: HTMLElement;
  private readonly study = html("select", { class: "wb-field", "aria-label": "Tensor" });
  private readonly says = html("p", { class: "wb-empty" });
  private readonly outputs: NumberField;
  private readonly batch: NumberField;
  private readonly order = html("select", { class: "wb-field", "aria-label": "Order" }, ...Object.entries(ORDERS).map(([name, text]) => html("option", { value: name }, text)));
  private readonly limit = html("select", { class: "wb-field", "aria-label": "Limit" });
  private readonly limited = html("label", { class: "wb-labelled" }, "Limit", this.limit);
  private readonly fitting = html("progress", { max: 1, "aria-label": "Fitting" });
  private readonly found = html("span", { class: "wb-empty" });
  private readonly stop = html("button", { type: "button", class: "wb-button" }, "Stop");
  private readonly fits = html("div", { class: "wb-row" }, this.found, this.fitting, this.stop);
  private readonly measure: MeasureButton;
  private drawn = "";

  constructor(actions: Actions, signal: AbortSignal) {
    this.study.addEventListener("change", () => actions.show(this.study.value), { signal });
    this.order.addEventListener("change", () => actions.set({ order: this.order.value as Order }), { signal });
    this.limit.addEventListener("change", () => actions.set({ limit: Number(this.limit.value) }), { signal });
    this.stop.addEventListener("click", actions.stop, { signal });
    this.outputs = new NumberField("outputs of the layer", COUNT, (outputs) => actions.set({ outputs }), signal);
    this.batch = new NumberField("samples at once", COUNT, (batch) => actions.set({ batch }), signal);
    this.measure = new MeasureButton("Measure times", actions.measure, actions.cancel, signal);
    this.root = html(
      "div",
      { class: "wb-controls" },
      html("label", { class: "wb-labelled" }, "Tensor", this.study),
      this.says,
      this.outputs.root,
      this.batch.root,
      html("div", { class: "wb-row" }, this.measure.button, this.measure.bar),
      this.fits,
    );
    this.orders = html("div", { class: "wb-row" }, html("label", { class: "wb-labelled" }, "Order", this.order), this.limited);
  }

  update(traits: Pick<Traits, "studies" | "study" | "title" | "says" | "missing" | "role" | "outputs" | "batch" | "order" | "limit" | "fitted" | "stopped" | "status" | "progress">): void {
    this.drawStudies(traits);
    this.says.textContent = traits.says;
    this.outputs.value = String(traits.outputs);
    this.outputs.field.disabled = traits.role === "weight";
    this.batch.value = String(traits.batch);
    this.order.value = traits.order;
    this.limited.hidden = traits.order !== "limited";
    this.drawLimits(traits.limit);
    this.measure.update(traits);
    this.fits.hidden = traits.missing !== "";
    this.fitting.hidden = this.stop.hidden = traits.fitted >= 1;
    this.fitting.value = traits.fitted;
    this.found.textContent = traits.fitted < 1 ? "fitting CP and TT" : traits.stopped ? "fitting was stopped" : "CP and TT are fitted";
  }

  private drawStudies({ studies, study, title }: Pick<Traits, "studies" | "study" | "title">): void {
    const drawn = JSON.stringify([studies, study ? "" : title]);
    if (drawn !== this.drawn) {
      const own = study ? [] : [html("option", { value: "" }, title)];
      this.study.replaceChildren(...own, ...Object.entries(studies).map(([name, text]) => html("option", { value: name }, text)));
    }
    this.drawn = drawn;
    this.study.value = study;
  }

  private drawLimits(limit: number): void {
    const shares = [...new Set([...LIMITS, limit])].sort((a, b) => b - a);
    if (this.limit.options.length !== shares.length) {
      this.limit.replaceChildren(...shares.map((share) => html("option", { value: share }, `${+(100 * share).toFixed(1)} % of the cheapest's`)));
    }
    this.limit.value = String(limit);
  }
}
