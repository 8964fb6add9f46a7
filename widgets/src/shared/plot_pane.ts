/** A drawing that fills its pane, and is drawn anew when the pane changes its width or what is shown has changed. */

import { html, svg } from "./element";
import { keepFocus } from "./focus";

export abstract class PlotPane<S> {
  readonly root: HTMLElement;
  protected readonly drawing: SVGSVGElement;
  protected readonly empty: HTMLElement;
  private state: S | null = null;
  private drawn: unknown[] = [];
  private width = 0; // remembered: asked for between two drawings, it would have the page laid out each time

  /**
   * @param attributes of the drawing; `class` is added to `wb-plot`
   * @param empty what stands in its place while there is nothing to draw
   */
  constructor(attributes: Record<string, string | number>, empty: string, protected readonly signal: AbortSignal) {
    this.drawing = svg("svg", { ...attributes, class: `wb-plot ${attributes.class}` });
    this.empty = html("p", { class: "wb-empty" }, empty);
    this.root = html("div", { class: "wb-plot-pane" }, this.drawing, this.empty);
    const resized = new ResizeObserver(() => {
      this.width = this.root.clientWidth;
      if (this.state) keepFocus(this.root, () => this.update(this.state!));
    });
    resized.observe(this.root);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  update(state: S): void {
    this.state = state;
    const shown = this.shown(state);
    this.drawing.toggleAttribute("hidden", !shown);
    this.empty.hidden = shown !== null;
    const { width } = this;
    if (!shown || !width) return;
    const now = [width, ...shown];
    if (now.some((each, index) => each !== this.drawn[index])) this.draw(state, width);
    this.drawn = now;
    this.mark(state, width);
  }

  protected get current(): S | null {
    return this.state;
  }

  protected size(width: number, height: number): void {
    this.drawing.setAttribute("width", String(width));
    this.drawing.setAttribute("height", String(height));
  }

  /** What is drawn, to tell whether it changed; null where there is nothing to draw. */
  protected abstract shown(state: S): unknown[] | null;

  protected abstract draw(state: S, width: number): void;

  /** What moves without a new drawing. */
  protected mark(_state: S, _width: number): void {}
}
