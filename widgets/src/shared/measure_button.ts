/** The button that measures and, while it does, cancels; and how far it is. */

import { html } from "./element";

export class MeasureButton {
  /** The button, and the bar that stands beside it while something is measured. */
  readonly button = html("button", { type: "button", class: "wb-button" });
  readonly bar = html("progress", { max: 1, "aria-label": "Measuring" });
  private measuring = false;

  /** @param label what the button says when nothing is measured */
  constructor(private readonly label: string, measure: () => void, cancel: () => void, signal: AbortSignal) {
    // One button for both, because a button that vanishes under the finger takes the focus with it.
    this.button.addEventListener("click", () => (this.measuring ? cancel() : measure()), { signal });
  }

  update({ status, progress }: { status: "idle" | "measuring"; progress: number }): void {
    this.measuring = status === "measuring";
    this.button.textContent = this.measuring ? "Cancel" : this.label;
    this.bar.hidden = !this.measuring;
    this.bar.value = progress;
  }
}
