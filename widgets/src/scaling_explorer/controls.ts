/** What is trained, on which hosts and links, and how gradients are exchanged: all that changes the state. */

import type { AnyModel } from "@anywidget/types";
import { html } from "../shared/element";
import { MeasureButton } from "../shared/measure_button";
import { type Bounds, NumberField } from "../shared/number_field";
import { type Choice, single, type Traits } from "./state";

export interface Actions {
  show: (network: string, machine: string | null) => void;
  set: (change: Partial<Choice>) => void;
  measure: () => void;
  cancel: () => void;
}

type Numeric = { [K in keyof Choice]: Choice[K] extends number ? K : never }[keyof Choice];

/** A number that is dragged: how far, and how it is written. */
interface Slid {
  name: Numeric;
  label: string;
  low: number;
  high: number;
  step: number;
  text: (value: number) => string;
}

/** A number that is typed, in a unit of its own and within bounds. */
interface Typed {
  name: Numeric;
  label: string;
  unit: number;
  bounds: Bounds;
}

const SLID: Slid[] = [
  { name: "hosts", label: "Hosts", low: 1, high: 16, step: 1, text: String },
  { name: "devices", label: "Devices a host", low: 1, high: 16, step: 1, text: String },
];
const LATE: Slid = { name: "late", label: "Slowest device", low: 1, high: 4, step: 0.1, text: (value) => (value === 1 ? "as fast as others" : `takes ${value.toFixed(1)} times as long`) };
const LENGTH: Bounds = { low: 0 };
const BANDWIDTH: Bounds = { low: 0, above: true };
const BATCH: Typed = { name: "batch", label: "Examples a device", unit: 1, bounds: { low: 1, high: 65536, whole: true } };
const CORES: Typed = { name: "cores", label: "Cores shared (0: each its own)", unit: 1, bounds: LENGTH };
const SERVERS: Typed = { name: "servers", label: "Servers (0: one a host)", unit: 1, bounds: { low: 0, high: 64, whole: true } };
const LINKS: Typed[] = [
  { name: "within_latency", label: "In a host, latency (µs)", unit: 1e-6, bounds: LENGTH },
  { name: "within_bandwidth", label: "In a host (GB/s)", unit: 1e9, bounds: BANDWIDTH },
  { name: "feed_bandwidth", label: "Host to devices (GB/s)", unit: 1e9, bounds: BANDWIDTH },
  { name: "between_latency", label: "Between hosts, latency (µs)", unit: 1e-6, bounds: LENGTH },
  { name: "between_bandwidth", label: "Between hosts (GB/s)", unit: 1e9, bounds: BANDWIDTH },
];
const STORES = { local: "local (one adds up)", device: "device (all add up)", dist_sync: "dist_sync", dist_async: "dist_async" };
const METHODS = { server: "servers", two_level: "ring of hosts", ring: "ring of all devices", tree: "tree" };

export class Controls {
  readonly root: HTMLElement;
  private readonly network = html("select", { class: "wb-field", "aria-label": "Network" });
  private readonly machine = html("select", { class: "wb-field", "aria-label": "Machine" });
  private readonly store = html("select", { class: "wb-field", "aria-label": "Store" }, ...options(STORES));
  private readonly method = html("select", { class: "wb-field", "aria-label": "Between hosts" }, ...options(METHODS));
  private readonly compressed = html("input", { type: "checkbox" });
  private readonly measure: MeasureButton;
  private readonly why = html("small", {}, "Only a network that this machine can train is measured: the MLP, or your own.");
  private readonly updates: ((model: AnyModel<Traits>) => void)[] = [];
  private drawn = "";

  constructor(private readonly actions: Actions, private readonly signal: AbortSignal) {
    const on = (field: HTMLElement, act: () => void): void => field.addEventListener("change", act, { signal });
    on(this.network, () => actions.show(this.network.value, null));
    on(this.machine, () => actions.show(this.network.value, this.machine.value));
    on(this.store, () => actions.set({ store: this.store.value as Choice["store"] }));
    on(this.method, () => actions.set({ method: this.method.value as Choice["method"] }));
    on(this.compressed, () => actions.set({ compressed: this.compressed.checked }));
    this.measure = new MeasureButton("Measure here", actions.measure, actions.cancel, signal);
    const labelled = (label: string, field: HTMLElement): HTMLElement => html("label", { class: "wb-labelled" }, label, field);
    const group = (label: string, ...children: HTMLElement[]): HTMLElement => html("div", { class: "wb-group", role: "group", "aria-label": label }, ...children);
    this.root = html(
      "div",
      { class: "wb-controls" },
      labelled("Network", this.network),
      this.typed(BATCH),
      labelled("Machine", this.machine),
      ...SLID.map((each) => this.slid(each)),
      this.typed(CORES),
      labelled("Store", this.store),
      labelled("Between hosts", this.method),
      this.typed(SERVERS),
      html("label", { class: "wb-check" }, this.compressed, "push as 2-bit numbers"),
      this.slid(LATE),
      group("Links", ...LINKS.map((each) => this.typed(each))),
      html("div", { class: "wb-row" }, this.measure.button, this.measure.bar),
      this.why,
    );
  }

  update(model: AnyModel<Traits>): void {
    const [networks, machines] = [model.get("networks"), model.get("machines")];
    const drawn = JSON.stringify([networks, machines]);
    if (drawn !== this.drawn) {
      this.network.replaceChildren(...options(networks));
      this.machine.replaceChildren(...options(machines));
    }
    this.drawn = drawn;
    const [store, method] = [model.get("store"), model.get("method")];
    [this.network.value, this.machine.value, this.store.value] = [model.get("network"), model.get("machine"), store];
    this.method.value = store === "dist_async" ? "server" : method;
    this.method.disabled = store !== "dist_sync";
    this.compressed.checked = model.get("compressed");
    this.compressed.disabled = !served(model);
    for (const update of this.updates) update(model);
    this.measure.update({ status: model.get("status"), progress: model.get("progress") });
    this.measure.button.disabled = !model.get("trainable");
    this.why.hidden = model.get("trainable");
  }

  private slid({ name, label, low, high, step, text }: Slid): HTMLElement {
    const field = html("input", { type: "range", min: low, max: high, step, "aria-label": label });
    const said = html("output", { class: "wb-cut" });
    const show = (value: number): void => {
      said.textContent = text(value);
      field.setAttribute("aria-valuetext", text(value));
    };
    field.addEventListener("input", () => (show(Number(field.value)), this.actions.set({ [name]: Number(field.value) })), { signal: this.signal });
    this.updates.push((model) => {
      const value = model.get(name);
      field.max = String(Math.max(high, value));
      if (Number(field.value) !== value) field.value = String(value);
      field.disabled = name === "hosts" && single(model.get("store"));
      if (field.disabled) said.textContent = "1, by this store";
      else show(value);
    });
    return html("label", { class: "wb-slider" }, html("span", {}, `${label}: `, said), field);
  }

  private typed({ name, label, unit, bounds }: Typed): HTMLElement {
    const made = new NumberField(label, bounds, (value) => this.actions.set({ [name]: Number((value * unit).toPrecision(12)) }), this.signal);
    this.updates.push((model) => {
      made.value = String(Number((model.get(name) / unit).toPrecision(3)));
      made.field.disabled = name === "servers" && !served(model);
    });
    return made.root;
  }
}

const served = (model: AnyModel<Traits>): boolean => model.get("store") === "dist_async" || (model.get("store") === "dist_sync" && model.get("method") === "server");

const options = (labels: Record<string, string>): HTMLElement[] => Object.entries(labels).map(([value, label]) => html("option", { value }, label));
