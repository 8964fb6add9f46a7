/**
 * What each way saves, predicted and so hatched. What was published is of other networks: it stands below, hollow, in a
 * lane for each network and way.
 */

import { scaleLinear } from "d3-scale";
import { axes } from "../shared/axes";
import { svg } from "../shared/element";
import { Listbox } from "../shared/listbox";
import { PlotPane } from "../shared/plot_pane";
import { explainPublished } from "./sentence";
import { figure, type Published, type State } from "./state";

const [LEFT, RIGHT, TOP, LANE, BELOW, BOTTOM] = [88, 22, 6, 26, 20, 34];
const LOWEST = -100; // % below which a bar is cut off
let drawings = 0;

export class SavingsPane extends PlotPane<State> {
  private readonly hatching = `wb-savings-${(drawings += 1)}`;
  private readonly bars = svg("g", { "aria-hidden": "true" });
  private readonly points = svg("g");
  private readonly list: Listbox;
  private low = 0;

  constructor(private readonly say: (sentence: string) => void, signal: AbortSignal) {
    super({ class: "wb-savings", "aria-label": "Space savings: published rows of other networks" }, "", signal);
    this.list = new Listbox(this.drawing, (at) => this.explain(at), signal);
    const pattern = svg("pattern", { id: this.hatching, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("path", { class: "wb-hatch", d: "M0 6L6 0M-1.5 1.5L1.5 -1.5M4.5 7.5L7.5 4.5" }));
    this.drawing.append(svg("defs", {}, pattern), this.bars, this.points);
  }

  private explain(at: number): void {
    this.list.select(at);
    this.say(explainPublished(this.current!.published[at]!));
  }

  protected shown({ published, shown }: State): unknown[] {
    const least = Math.min(...shown.map((each) => figure(each, "space savings")!.value));
    this.low = least >= -5 ? -5 : Math.max(LOWEST, 20 * Math.floor(least / 20));
    return [published, this.low];
  }

  protected draw({ published, shown }: State, width: number): void {
    const x = this.scale(width);
    const lanes = lanesOf(published);
    this.size(width, height(shown.length, lanes.length));
    const options = published.map((row, at) => {
      const y = TOP + shown.length * LANE + (lanes.indexOf(laneOf(row)) + 0.5) * BELOW;
      return svg(
        "g",
        { class: "wb-published wb-point", transform: `translate(${x(row.value)} ${y})`, "data-value": at, "data-key": `${row.network} ${row.row}`, "aria-label": explainPublished(row) },
        svg("title", {}, explainPublished(row)),
        svg("circle", { class: "wb-halo", r: 8 }),
        svg("circle", { r: 4.5 }),
      );
    });
    this.points.replaceChildren(...options);
    this.list.setOptions(options);
  }

  protected override mark({ published, shown, now }: State, width: number): void {
    const x = this.scale(width);
    const [lanes, foot] = [lanesOf(published), TOP + shown.length * LANE];
    const frame = { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM, width, height: height(shown.length, lanes.length) };
    const ticks = x.ticks(3).map((tick) => ({ at: x(tick), text: `${tick} %` }));
    const names = [
      ...shown.map(({ variant }, lane) => ({ at: TOP + (lane + 0.5) * LANE, text: variant.title })),
      ...lanes.map((text, lane) => ({ at: foot + (lane + 0.5) * BELOW, text })),
    ];
    const bars = shown.map((each, lane) => {
      const end = x(Math.max(this.low, figure(each, "space savings")!.value));
      const [from, to] = [Math.min(x(0), end), Math.max(x(0), end)];
      return svg("rect", { class: `wb-saved${each === now ? " wb-chosen" : ""}`, x: from, y: TOP + (lane + 0.22) * LANE, width: to - from, height: 0.56 * LANE, fill: `url(#${this.hatching})` });
    });
    this.bars.replaceChildren(...bars, ...axes(frame, ticks, names, "1 − parameters / original"), svg("path", { class: "wb-axis", d: `M${x(0)} ${TOP}V${foot}` }));
  }

  private scale(width: number) {
    return scaleLinear([this.low, 100], [LEFT, width - RIGHT]);
  }
}

/** Whose a published row is: its network's, without the data, and the way's. */
const laneOf = ({ network, variant }: Published): string => `${network.split("/")[0]} ${variant.toUpperCase()}`;

const lanesOf = (published: Published[]): string[] => [...new Set(published.map(laneOf))];

const height = (ways: number, lanes: number): number => TOP + ways * LANE + lanes * BELOW + BOTTOM;
