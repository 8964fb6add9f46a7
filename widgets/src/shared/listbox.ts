/**
 * A list of options that is one stop for Tab and is walked by the arrow keys, Home and End.
 * It serves lines of text and marks in a drawing alike. Options carry their value in `data-value` and, where a value may
 * mean another thing in the next drawing, what they are in `data-key`.
 * Where choosing follows the keys, walking chooses; elsewhere Enter or the space bar does.
 */

import { keyOf } from "./focus";

const MOVES: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowRight: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  ArrowLeft: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_at, last) => last,
};

export class Listbox {
  private options: (HTMLElement | SVGElement)[] = [];
  private selected = -1;
  private revealed: Element | undefined;

  constructor(
    root: Element,
    private readonly choose: (value: number) => void,
    signal: AbortSignal,
    private readonly follows = true,
  ) {
    root.setAttribute("role", "listbox");
    root.addEventListener("keydown", (event) => this.onKey(event as KeyboardEvent), { signal });
    root.addEventListener("click", (event) => this.onClick(event as MouseEvent), { signal });
  }

  /** Takes new options, in the order the arrow keys walk them; what was selected stays so, if it is among them. */
  setOptions(options: (HTMLElement | SVGElement)[]): void {
    const before = this.current();
    const twin = before && options.find((each) => keyOf(each) === keyOf(before));
    this.options = options;
    for (const option of options) option.setAttribute("role", "option");
    this.select(before ? Number(twin?.dataset.value ?? -1) : this.selected);
  }

  /** Shows `value` as selected and, once, scrolls it into view inside its own pane only. */
  select(value: number): void {
    this.selected = value;
    const current = this.current();
    for (const option of this.options) option.setAttribute("aria-selected", String(option === current));
    this.stop();
    if (current?.isConnected && current !== this.revealed) {
      reveal(current);
      this.revealed = current;
    }
  }

  /** Scrolls what is selected into view, after what moves it. */
  show(): void {
    const current = this.current();
    if (current) reveal(current);
  }

  /** Tab stops where the focus is; from elsewhere it comes to what is selected. */
  private stop(): void {
    const stop = this.focused() ?? this.current() ?? this.options[0];
    for (const option of this.options) option.setAttribute("tabindex", option === stop ? "0" : "-1");
  }

  private focused(): HTMLElement | SVGElement | undefined {
    return this.options.find((option) => option === document.activeElement);
  }

  private current(): HTMLElement | SVGElement | undefined {
    return this.options.find((option) => Number(option.dataset.value) === this.selected);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    this.stop(); // a listener for the focus would make a drawing itself a stop
    const at = this.options.indexOf(this.focused()!);
    const move = MOVES[event.key];
    if (move) {
      event.preventDefault();
      const next = this.options[move(at, this.options.length - 1)];
      if (this.follows) this.take(next);
      else next?.focus({ preventScroll: true });
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.take(this.options[at]);
    }
  }

  private onClick(event: MouseEvent): void {
    this.take(this.options.find((option) => option.contains(event.target as Node)));
  }

  private take(option: HTMLElement | SVGElement | undefined): void {
    if (!option) return;
    this.choose(Number(option.dataset.value));
    const now = option.isConnected ? option : this.options.find((each) => keyOf(each) === keyOf(option));
    now?.focus({ preventScroll: true });
  }
}

function reveal(element: Element): void {
  const pane = element.closest(".wb-scroll");
  if (!pane) return;
  const [inner, outer] = [element.getBoundingClientRect(), pane.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    pane.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
  // A line longer than its pane has no place to be scrolled to.
  const fits = inner.width < outer.width;
  if (fits && (inner.left < outer.left || inner.right > outer.right)) {
    pane.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}
