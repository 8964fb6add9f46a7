/** What is studied, and by which strategy and budget: all that changes the state. */

import { scaleLog } from "d3-scale";
import { html } from "../shared/element";
import { plural, write } from "../shared/format";
import { MeasureButton } from "../shared/measure_button";
import { CHEAPEST, type Families, offered, type Picture, type Size, type State, type Traits } from "./state";

export interface Actions {
  show: (family: string, sizes: Record<string, number>) => void;
  stop: () => void;
  weigh: (costs: string) => void;
  strategy: (name: string) => void;
  budget: (bytes: number | null) => void;
  measure: (way: string) => void;
  cancel: () => void;
}

const STEPS = 200; // of the budget slider

type Field = HTMLInputElement | HTMLSelectElement;

export class Controls {
  readonly root: HTMLElement;
  private readonly network = html("select", { class: "wb-field", "aria-label": "Network" });
  private readonly sizes = html("div", { class: "wb-sizes", role: "group", "aria-label": "Sizes of the network" });
  private readonly strategy = html("select", { class: "wb-field", "aria-label": "Strategy" });
  private readonly meaning = html("p", { class: "wb-empty wb-meaning" });
  private readonly costs = html("select", { class: "wb-field", "aria-label": "Costs" });
  private readonly slider = html("input", { type: "range", min: 0, max: STEPS, step: 1, "aria-label": "Budget" });
  private readonly bound = html("output", { class: "wb-cut" });
  private readonly ends = html("div", { class: "wb-ends", "aria-hidden": "true" });
  private readonly searching = html("progress", { max: 1, "aria-label": "Looking for plans" });
  private readonly found = html("span", { class: "wb-empty" });
  private readonly way = html("select", { class: "wb-field", "aria-label": "How to measure" });
  private readonly stop = html("button", { type: "button", class: "wb-button" }, "Stop");
  private readonly measure: MeasureButton;
  private range: [number, number] = [1, 2];
  private drawn: Record<string, unknown> = {};

  constructor(private readonly actions: Actions, private readonly signal: AbortSignal) {
    this.network.addEventListener("change", () => actions.show(this.network.value, {}), { signal });
    this.costs.addEventListener("change", () => actions.weigh(this.costs.value), { signal });
    this.strategy.addEventListener("change", () => actions.strategy(this.strategy.value), { signal });
    this.slider.addEventListener("input", () => actions.budget(this.bytes()), { signal });
    this.stop.addEventListener("click", actions.stop, { signal });
    this.measure = new MeasureButton("Measure", () => actions.measure(this.way.value), actions.cancel, signal);
    this.root = html(
      "div",
      { class: "wb-controls" },
      html("label", { class: "wb-labelled" }, "Network", this.network),
      this.sizes,
      html("label", { class: "wb-labelled" }, "Costs", this.costs),
      html("label", { class: "wb-labelled" }, "Strategy", this.strategy),
      this.meaning,
      html("label", { class: "wb-slider" }, html("span", {}, "Budget: ", this.bound), this.slider),
      this.ends,
      html("div", { class: "wb-row" }, this.found, this.searching, this.stop),
      html("div", { class: "wb-row wb-measure" }, this.measure.button, this.way, this.measure.bar),
    );
  }

  update(state: State, traits: Pick<Traits, "families" | "family" | "sizes" | "title" | "ways" | "weights" | "costs" | "refused" | "meanings" | "stopped" | "status" | "progress">): void {
    this.drawNetwork(traits);
    this.drawStrategies(state, traits.refused);
    this.meaning.textContent = explainStrategy(state, traits.meanings);
    this.drawBudget(state);
    this.searching.hidden = state.searched >= 1;
    this.searching.value = state.searched;
    this.stop.hidden = this.searching.hidden;
    this.found.textContent = foundSoFar(state);
    this.measure.update(traits);
    this.measure.button.disabled = !state.now;
    this.way.hidden = traits.status === "measuring";
    if (this.changed("ways", JSON.stringify(traits.ways))) this.way.replaceChildren(...options(traits.ways));
    if (this.changed("weights", JSON.stringify(traits.weights))) this.costs.replaceChildren(...options(traits.weights));
    this.costs.value = traits.costs;
  }

  /** Whether something differs from the last time; fields are made anew only then, because that takes the focus. */
  private changed(name: string, value: unknown): boolean {
    const differs = this.drawn[name] !== value;
    this.drawn[name] = value;
    return differs;
  }

  private drawNetwork({ families, family, sizes, title }: Pick<Traits, "families" | "family" | "sizes" | "title">): void {
    if (this.changed("families", `${family ? "" : title}|${Object.keys(families).join()}`)) {
      const own = family ? [] : [html("option", { value: "" }, title)];
      this.network.replaceChildren(...own, ...Object.entries(families).map(([name, { label }]) => html("option", { value: name }, label)));
    }
    this.network.value = family;
    if (this.changed("sizes", `${family}|${JSON.stringify(sizes)}`)) this.drawSizes(families, family, sizes);
  }

  private drawSizes(families: Families, family: string, sizes: Record<string, number>): void {
    const fields = (families[family]?.sizes ?? []).map((size) => this.sizeField(size, family, sizes));
    this.sizes.replaceChildren(...fields);
    this.sizes.hidden = !fields.length;
  }

  private sizeField(size: Size, family: string, sizes: Record<string, number>): HTMLElement {
    const value = sizes[size.name] ?? size.default;
    const field: Field = size.choices.length
      ? html("select", { class: "wb-field", "data-key": size.name }, ...size.choices.map((each) => html("option", { value: each }, String(each))))
      : html("input", { class: "wb-field", type: "number", min: size.low, max: size.high, step: 1, "data-key": size.name });
    field.value = String(value);
    let asked = value;
    const ask = (): void => {
      if (asked === Number(field.value)) return;
      asked = Number(field.value);
      this.actions.show(family, { ...sizes, [size.name]: asked });
    };
    field.addEventListener("change", ask, { signal: this.signal });
    // The notebook takes the Enter key's own effect away.
    field.addEventListener("keydown", (event) => (event as KeyboardEvent).key === "Enter" && ask(), { signal: this.signal });
    return html("label", { class: "wb-labelled" }, size.label, field);
  }

  private drawStrategies({ strategies, strategy, plans }: State, refused: Record<string, string>): void {
    if (this.changed("strategies", strategies.join() + JSON.stringify(refused))) {
      const options = [CHEAPEST, ...strategies].map((name) => {
        const label = name === CHEAPEST ? "cheapest that fits" : name;
        const none = name in refused && !plans.some((plan) => plan.strategy === name);
        return html("option", { value: name, disabled: none, title: refused[name] }, name in refused ? `${label}: ${none ? "no plan" : "stopped"}, ${refused[name]}` : label);
      });
      this.strategy.replaceChildren(...options);
    }
    this.strategy.value = strategy;
  }

  private drawBudget({ plans, strategy, budget }: State): void {
    this.range = bounds(plans, strategy);
    const [low, high] = this.range;
    const text = budget === null ? "no bound" : write(budget, "B");
    this.slider.disabled = low >= high;
    this.slider.value = String(budget === null ? STEPS : Math.round(this.scale(budget)));
    this.slider.setAttribute("aria-valuetext", text);
    this.bound.textContent = text;
    if (this.changed("ends", `${low}|${high}`)) {
      this.ends.replaceChildren(html("span", {}, plans.length ? `least ${write(low, "B")}` : ""), html("span", {}, "no bound"));
    }
  }

  private get scale() {
    return scaleLog(this.range, [0, STEPS - 1]).clamp(true);
  }

  /** The slider's own bytes, rounded up, so that a plan of just that size keeps to them; at its end, no bound. */
  private bytes(): number | null {
    const at = this.slider.valueAsNumber;
    return at >= STEPS ? null : Math.ceil(this.scale.invert(at));
  }
}

const options = (named: Record<string, string>): HTMLElement[] => Object.entries(named).map(([name, label]) => html("option", { value: name }, label));

/** What the chosen strategy does; of the cheapest plan also whose it is. */
function explainStrategy({ strategy, now }: State, meanings: Record<string, string>): string {
  const meaning = meanings[strategy] ?? "";
  const said = `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`;
  return strategy === CHEAPEST && now ? `${said} Now it is by ${now.strategy}: ${meanings[now.strategy] ?? ""}.` : said;
}

function foundSoFar({ plans, searched, stopped }: State): string {
  if (searched < 1) return `looking for plans, ${plans.length} so far`;
  return `${plural(plans.length, "plan")} found${stopped ? ", then stopped" : ""}`;
}

/** From the least that the strategy can do with to what the largest of all plans takes. */
function bounds(plans: Picture[], strategy: string): [number, number] {
  const own = offered(plans, strategy).map((index) => plans[index]!.peak);
  if (!own.length) return [1, 1];
  const [low, high] = [Math.min(...own), Math.max(...plans.map(({ peak }) => peak))];
  return [low, low < high ? high : 2 * low];
}
