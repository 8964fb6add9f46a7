/** A choice that moves is compared with where it last rested, not with every place it passed. */

export class Rest {
  /** Where it rested before; null where there is nothing to compare with. */
  before: number | null = null;
  private rested: number | null;
  private timer = 0;

  /**
   * @param chosen what is chosen at first
   * @param wait ms without a change after which the choice is at rest
   * @param arrive called then
   */
  constructor(private chosen: number | null, private readonly wait: number, private readonly arrive: () => void, signal: AbortSignal) {
    this.rested = chosen;
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Takes what is chosen now, and says whether that is another. */
  follow(chosen: number | null): boolean {
    if (chosen === this.chosen) return false;
    this.chosen = chosen;
    if (chosen !== this.rested) this.before = this.rested;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.rested = this.chosen;
      this.arrive();
    }, this.wait);
    return true;
  }

  /** Something else is studied: what was chosen before says nothing any more. */
  forget(): void {
    [this.before, this.rested, this.chosen] = [null, null, null];
  }
}
