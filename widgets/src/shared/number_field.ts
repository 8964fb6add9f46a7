/**
 * A number that is typed. What is none, or out of bounds, is refused in place, with the reason and what stays: a choice
 * must not seem to be made that is not. The field says so until it is mended, or the choice changes elsewhere.
 */

import { html } from "./element";

export interface Bounds {
  low: number;
  high?: number;
  /** Whether `low` itself is out. */
  above?: boolean;
  whole?: boolean;
}

let made = 0;

export class NumberField {
  readonly root: HTMLElement;
  readonly field: HTMLInputElement;
  private readonly reason = html("small", { class: "wb-refused", id: `wb-refused-${(made += 1)}`, role: "alert" });
  private shown = "";

  /** @param take is called with a number that fits, once it is typed to its end and another than before */
  constructor(label: string, private readonly bounds: Bounds, private readonly take: (value: number) => void, signal: AbortSignal) {
    this.field = html("input", { class: "wb-field", type: "number", step: bounds.whole ? 1 : "any", "aria-label": label, "aria-describedby": this.reason.id });
    this.field.addEventListener("change", () => this.ask(), { signal });
    // The notebook takes the Enter key's own effect away.
    this.field.addEventListener("keydown", (event) => event.key === "Enter" && this.ask(), { signal });
    this.root = html("div", {}, html("label", { class: "wb-labelled" }, label, this.field), this.reason);
    this.refuse("");
  }

  /** Shows what is chosen; a refused entry stays, to be mended, as long as that is what it was. */
  set value(text: string) {
    if (text === this.shown) return;
    this.field.value = this.shown = text;
    this.refuse("");
  }

  private ask(): void {
    const text = this.field.value;
    const wrong = this.field.validity.badInput || text === "" || !fits(Number(text), this.bounds);
    this.refuse(wrong ? `${text || "This"} is not ${describe(this.bounds)}; ${this.shown} stays.` : "");
    if (wrong || text === this.shown) return;
    this.shown = text;
    this.take(Number(text));
  }

  private refuse(reason: string): void {
    this.reason.textContent = reason;
    this.reason.hidden = !reason;
    this.field.setAttribute("aria-invalid", String(reason !== ""));
  }
}

function fits(value: number, { low, high = Infinity, above, whole }: Bounds): boolean {
  return (above ? value > low : value >= low) && value <= high && value < Infinity && (!whole || Number.isInteger(value));
}

function describe({ low, high, above, whole }: Bounds): string {
  const number = whole ? "a whole number" : "a number";
  if (high !== undefined) return `${number} from ${low} to ${high.toLocaleString("en")}`;
  return above ? `${number} above ${low}` : `${number}, ${low} or more`;
}
