/**
 * A list of options that is one stop for Tab and is walked by the arrow keys, Home and End.
 * It serves lines of text and marks in a drawing alike. Options carry their value in `data-value`.
 * Where choosing follows the keys, walking chooses; elsewhere Enter or the space bar does.
 */

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
    private readonly root: Element,
    private readonly choose: (value: number) => void,
    signal: AbortSignal,
    private readonly follows = true,
  ) {
    root.setAttribute("role", "listbox");
    root.addEventListener("keydown", (event) => this.onKey(event as KeyboardEvent), { signal });
    root.addEventListener("click", (event) => this.onClick(event as MouseEvent), { signal });
  }

  /** Takes new options, in the order the arrow keys walk them, and keeps the focus if it was inside. */
  setOptions(options: (HTMLElement | SVGElement)[]): void {
    const focused = this.root.contains(document.activeElement);
    this.options = options;
    for (const option of options) option.setAttribute("role", "option");
    this.select(this.selected);
    if (focused) this.current()?.focus();
  }

  /** Shows `value` as selected and, once, scrolls it into view inside its own pane only. */
  select(value: number): void {
    this.selected = value;
    const current = this.current();
    for (const option of this.options) {
      option.setAttribute("aria-selected", String(option === current));
      option.setAttribute("tabindex", option === (current ?? this.options[0]) ? "0" : "-1");
    }
    if (current?.isConnected && current !== this.revealed) {
      reveal(current);
      this.revealed = current;
    }
  }

  private current(): HTMLElement | SVGElement | undefined {
    return this.options.find((option) => Number(option.dataset.value) === this.selected);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.options.findIndex((option) => option === document.activeElement);
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
    option.focus({ preventScroll: true });
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
