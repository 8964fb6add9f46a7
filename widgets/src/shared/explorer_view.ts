/**
 * What every explorer's view is: the same frame in three columns, one sentence on what is selected, and the state as a
 * Python call and as a link. Its other half is `Explorer` in `workbench_widgets/explorer.py`.
 *
 * An explorer derives from it, makes its panes, and ends its constructor with `open`. It says how to draw what changed
 * (`draw`), which call makes the present state (`python`), what a link holds (`linked`) and how that is restored
 * (`restore`). Its module ends with `export default explorer(View)`.
 */

import type { AnyModel, RenderProps } from "@anywidget/types";
import { html } from "./element";
import { keepFocus } from "./focus";
import { write } from "./format";
import { followLink, type Linked, linkTo } from "./link";
import { applyPalette } from "./palette";
import type { Quantity } from "./quantity";
import { keepKeys } from "./shortcuts";

/** The traits of `Explorer`. */
export interface SharedTraits {
  title: string;
  status: "idle" | "measuring";
  progress: number;
  error: string;
}

export interface Panes {
  left: HTMLElement[];
  middle: HTMLElement[];
  right: HTMLElement[];
  legend: HTMLElement;
}

export abstract class ExplorerView<T extends SharedTraits> {
  readonly root = html("section", { class: "wb-explorer" });
  protected readonly title = html("h3");
  private readonly sentence = html("p", { class: "wb-sentence", "aria-live": "polite" });
  private readonly error = html("p", { class: "wb-error", role: "alert" });
  private readonly call = html("code", { class: "wb-call" });
  private readonly copy = html("button", { type: "button", class: "wb-button" }, "Copy as Python");
  private readonly link = html("button", { type: "button", class: "wb-button" }, "Copy as link");
  private frame = 0;

  /** @param name of the explorer, such as "memory": of its class, its label and its links */
  constructor(protected readonly model: AnyModel<T>, protected readonly signal: AbortSignal, private readonly name: string) {
    this.root.classList.add(`wb-${name}`);
    this.root.setAttribute("aria-label", `${name[0]!.toUpperCase()}${name.slice(1)} explorer`);
    this.copy.addEventListener("click", () => void this.toClipboard(this.python(), "paste it into a cell"), { signal });
    this.link.addEventListener("click", () => void this.toClipboard(this.address(), "open it"), { signal });
  }

  protected abstract draw(): void;
  protected abstract python(): string;
  protected abstract linked(): Linked;
  protected abstract restore(state: Linked): void;

  /** Whether a link is to what is studied here; several explorers may stand on one page. */
  protected fits(state: Linked): boolean {
    return state.title === this.model.get("title");
  }

  /** Assembles the panes and draws the first time; from then on whenever one of the `watched` traits changes. */
  protected open({ left, middle, right, legend }: Panes, watched: (keyof T & string)[]): void {
    const column = (name: string, children: HTMLElement[]): HTMLElement => html("div", { class: `wb-${name}` }, ...children);
    const row = html("div", { class: "wb-row" }, this.copy, this.link, this.call);
    const foot = [this.error, this.sentence, row, legend];
    const columns = [column("left", [this.title, ...left]), column("middle", middle), column("right", right), column("foot", foot)];
    this.root.append(html("div", { class: "wb-grid" }, ...columns));
    applyPalette(this.root);
    keepKeys(this.root, this.signal);
    for (const trait of watched) this.on(trait, () => this.redraw());
    this.signal.addEventListener("abort", () => cancelAnimationFrame(this.frame));
    this.update();
    const state = followLink(`${this.name}-explorer`, (each) => this.fits(each));
    if (state) this.restore(state);
  }

  protected on(trait: keyof T & string, act: () => void): void {
    this.model.on(`change:${trait}`, act);
    this.signal.addEventListener("abort", () => this.model.off(`change:${trait}`, act));
  }

  /** Many traits change together: one drawing a frame serves them all. */
  redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.update());
  }

  protected update(): void {
    cancelAnimationFrame(this.frame); // what is drawn now need not be drawn again in the next frame
    keepFocus(this.root, () => {
      this.title.textContent = this.model.get("title");
      this.error.textContent = this.model.get("error");
      this.draw();
      this.call.textContent = this.python();
    });
  }

  protected save(traits: Partial<T>): void {
    for (const trait of Object.keys(traits) as (keyof T)[]) this.model.set(trait, traits[trait] as T[keyof T]);
    this.model.save_changes();
  }

  protected say(sentence: string): void {
    this.sentence.textContent = sentence;
  }

  protected sayMeasured(where: string, figures: Quantity[] | undefined): void {
    const said = figures?.filter(({ kind }) => kind === "measured").map(({ name, value, unit }) => `${name} ${write(value, unit)}`);
    if (said?.length) this.say(`Measured${where}: ${said.join("; ")}.`);
  }

  private address(): string {
    return linkTo(`${this.name}-explorer`, { title: this.model.get("title"), ...this.linked() });
  }

  private async toClipboard(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say(`Copied: ${what} to come back to this state.`);
    } catch {
      // No clipboard without a secure page or its permission: leave the text selected for the copy key.
      this.call.textContent = text;
      getSelection()?.selectAllChildren(this.call);
      this.say("The browser keeps its clipboard closed; the text is selected, copy it by key.");
    }
  }
}

/** What anywidget asks of a widget's module. */
export function explorer<T extends SharedTraits>(View: new (model: AnyModel<T>, signal: AbortSignal) => ExplorerView<T>) {
  const render = ({ model, el }: RenderProps<T>): (() => void) => {
    const control = new AbortController();
    const view = new View(model, control.signal);
    el.append(view.root);
    view.redraw(); // in its place it knows its size
    return () => {
      control.abort();
      view.root.remove();
    };
  };
  return { render };
}
