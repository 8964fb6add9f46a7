/** What is pushed, how it is run, and the way through it: all that changes the state. */

import { html } from "../shared/element";
import { MeasureButton } from "../shared/measure_button";
import type { Kind, State, Traits } from "./state";

export interface Actions {
  show: (devices: number, steps: number) => void;
  push: (name: string, reads: string[], writes: string[], device: string) => void;
  takeBack: () => void;
  engine: (kind: Kind) => void;
  tick: (to: number) => void;
  play: () => void;
  check: () => void;
  measure: () => void;
}

const options = (...values: (string | number)[]): HTMLElement[] => values.map((each) => html("option", { value: each }, String(each)));
const names = (text: string): string[] => text.split(",").map((each) => each.trim()).filter(Boolean);

export class Controls {
  readonly root: HTMLElement;
  private readonly devices = html("select", { class: "wb-field", "aria-label": "Devices" }, ...options(0, 1, 2, 3, 4));
  private readonly steps = html("select", { class: "wb-field", "aria-label": "Steps" }, ...options(1, 2, 3));
  private readonly engine = html("select", { class: "wb-field", "aria-label": "Engine" }, ...options("threaded", "naive"));
  private readonly slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Tick" });
  private readonly label = html("output", { class: "wb-cut" });
  private readonly play: HTMLButtonElement;
  private readonly network: HTMLElement;
  private readonly form: HTMLElement;
  private readonly back: HTMLButtonElement;
  private readonly measure: MeasureButton;
  private readonly on = html("select", { class: "wb-field", "aria-label": "Device" });
  private drawn = "";

  constructor(private readonly actions: Actions, private readonly signal: AbortSignal) {
    const show = (): void => actions.show(Number(this.devices.value), Number(this.steps.value));
    for (const each of [this.devices, this.steps]) each.addEventListener("change", show, { signal });
    this.engine.addEventListener("change", () => actions.engine(this.engine.value as Kind), { signal });
    this.slider.addEventListener("input", () => actions.tick(this.slider.valueAsNumber), { signal });
    this.play = this.button("▶ Play", actions.play);
    this.measure = new MeasureButton("Record", actions.measure, () => undefined, signal);
    this.back = this.button("Take back", actions.takeBack, "Take back the operation pushed last");
    this.network = html(
      "div",
      { class: "wb-row" },
      html("label", { class: "wb-labelled" }, "Devices", this.devices),
      html("label", { class: "wb-labelled" }, "Steps", this.steps),
    );
    this.form = this.pushForm();
    const ticks = html(
      "div",
      { class: "wb-row", role: "group", "aria-label": "Step through the run" },
      this.button("‹", () => actions.tick(this.slider.valueAsNumber - 1), "Back one tick"),
      this.button("›", () => actions.tick(this.slider.valueAsNumber + 1), "One tick on"),
      this.play,
    );
    this.root = html(
      "div",
      { class: "wb-controls" },
      this.network,
      html("label", { class: "wb-labelled" }, "Engine", this.engine),
      html("label", { class: "wb-slider" }, html("span", {}, "Tick: ", this.label), this.slider),
      ticks,
      html("div", { class: "wb-row" }, this.measure.button, this.button("Check for races", actions.check), this.measure.bar),
      this.form,
    );
  }

  update(state: State, traits: Pick<Traits, "own" | "devices" | "steps" | "pushed" | "status" | "progress">, playing: boolean): void {
    const text = state.tick === 0 ? "before" : state.tick === state.last ? "after" : `${state.tick} of ${state.last - 1}`;
    [this.devices.value, this.steps.value, this.engine.value] = [String(traits.devices), String(traits.steps), state.engine];
    this.slider.max = String(state.last);
    this.slider.value = String(state.tick);
    this.slider.setAttribute("aria-valuetext", text);
    this.label.textContent = text;
    this.play.textContent = playing ? "❚❚ Pause" : "▶ Play";
    this.network.hidden = this.form.hidden = traits.own;
    this.back.disabled = !traits.pushed.length;
    this.measure.update(traits);
    this.measure.button.disabled = traits.status === "measuring";
    const devices = Array.from({ length: Math.max(1, traits.devices) + 1 }, (_, at) => `cpu(${at})`);
    if (this.drawn !== devices.join()) this.on.replaceChildren(...options(...devices));
    this.drawn = devices.join();
  }

  private pushForm(): HTMLElement {
    const field = (label: string, hint: string): HTMLInputElement => html("input", { class: "wb-field", "aria-label": label, placeholder: hint });
    const [name, reads, writes] = [field("Name of the operation", "name"), field("Variables it reads, with commas between", "reads: weight 1, …"), field("Variables it writes, with commas between", "writes: mean, …")];
    const push = (): void => {
      if (!name.value.trim()) return name.focus();
      this.actions.push(name.value.trim(), names(reads.value), names(writes.value), this.on.value);
      for (const each of [name, reads, writes]) each.value = "";
    };
    for (const each of [name, reads, writes]) {
      each.addEventListener("keydown", (event) => (event as KeyboardEvent).key === "Enter" && push(), { signal: this.signal });
    }
    return html(
      "div",
      { class: "wb-push", role: "group", "aria-label": "Push an operation" },
      html("div", { class: "wb-row" }, name, this.on),
      reads,
      writes,
      html("div", { class: "wb-row" }, this.button("Push", push), this.back),
    );
  }

  private button(text: string, press: () => void, label?: string): HTMLButtonElement {
    const made = html("button", { type: "button", class: "wb-button", "aria-label": label }, text);
    made.addEventListener("click", press, { signal: this.signal });
    return made;
  }
}
