/** The slider, the step buttons and the measurement: all that changes the state. */

import { html } from "../shared/element";
import { plural } from "../shared/format";
import { MeasureButton } from "../shared/measure_button";
import type { Level, Traits } from "./state";

export interface Actions {
  cut: (place: number) => void;
  step: (by: number) => void;
  measure: () => void;
  cancel: () => void;
  auto: (on: boolean) => void;
}

const button = (text: string, press: () => void, signal: AbortSignal, label?: string): HTMLButtonElement => {
  const made = html("button", { type: "button", class: "wb-button", "aria-label": label }, text);
  made.addEventListener("click", press, { signal });
  return made;
};

export class Controls {
  readonly root: HTMLElement;
  private readonly slider = html("input", { type: "range", min: 0, step: 1 });
  private readonly label = html("output", { class: "wb-cut" });
  private readonly auto = html("input", { type: "checkbox" });
  private readonly measure: MeasureButton;

  constructor(actions: Actions, signal: AbortSignal) {
    this.measure = new MeasureButton("Measure this cut", actions.measure, actions.cancel, signal);
    this.slider.addEventListener("input", () => actions.cut(this.slider.valueAsNumber), { signal });
    this.auto.addEventListener("change", () => actions.auto(this.auto.checked), { signal });
    this.root = html(
      "div",
      { class: "wb-controls" },
      html("label", { class: "wb-slider" }, html("span", {}, "Cut: ", this.label), this.slider),
      html("div", { class: "wb-ends", "aria-hidden": "true" }, html("span", {}, "each op"), html("span", {}, "all as one")),
      html("div", { class: "wb-row" }, this.measure.button, this.measure.bar),
      html("label", { class: "wb-check" }, this.auto, "measure when the slider rests"),
      html(
        "div",
        { class: "wb-row", role: "group", "aria-label": "Step through the code" },
        button("‹ Back", () => actions.step(-1), signal, "Back one operation"),
        button("Step ›", () => actions.step(+1), signal, "Step one operation"),
      ),
    );
  }

  update(levels: Level[], traits: Pick<Traits, "cut" | "auto" | "status" | "progress">): void {
    const level = levels[traits.cut]!;
    const text = `${level.label}: ${plural(level.segments.length, "segment")}`;
    this.slider.max = String(levels.length - 1);
    this.slider.value = String(traits.cut);
    this.slider.setAttribute("aria-valuetext", text);
    this.label.textContent = text;
    this.auto.checked = traits.auto;
    this.measure.update(traits);
  }
}
