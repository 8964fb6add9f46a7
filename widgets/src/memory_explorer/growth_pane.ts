/** How the feature maps grow with the network's length: on logarithmic axes a power law is a line, its power the slope. */

import { scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { axes, byteTicks, type Frame, powers, span } from "../shared/axes";
import { svg } from "../shared/element";
import { write } from "../shared/format";
import { PlotPane } from "../shared/plot_pane";
import type { Grown, State } from "./state";
import { explainPublished, publishedMark, strategyMark } from "./symbols";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [54, 112, 10, 34, 190];

type Scale = ReturnType<typeof scaleLog<number>>;

/** The power a of bytes = c · lengthᵃ that fits best, in least squares of the logarithms. */
export function slope(points: Grown[]): number {
  const [xs, ys] = [points.map(({ length }) => Math.log(length)), points.map(({ bytes }) => Math.log(bytes))];
  const mean = (all: number[]): number => all.reduce((sum, each) => sum + each, 0) / all.length;
  const [x, y] = [mean(xs), mean(ys)];
  const moment = (of: number[], about: number): number => mean(xs.map((each, at) => (each - x) * (of[at]! - about)));
  return moment(ys, y) / moment(xs, x);
}

const OWN = "Growth is drawn for the course's networks, which come in any length: choose one under Network.";
const COMING = "Longer networks are being planned.";
const STOPPED = "Planning was stopped before the longer networks.";

export class GrowthPane extends PlotPane<State> {
  constructor(signal: AbortSignal) {
    super({ class: "wb-growth", role: "img" }, COMING, signal);
  }

  protected shown({ growth, own, stopped, published }: State): unknown[] | null {
    this.empty.textContent = own ? OWN : stopped ? STOPPED : COMING;
    return new Set(growth.map(({ length }) => length)).size > 1 ? [growth, published] : null;
  }

  protected draw({ growth, strategies, published }: State, width: number): void {
    const named = strategies.filter((strategy) => growth.some((each) => each.strategy === strategy));
    const curves = named.map((strategy) => growth.filter((each) => each.strategy === strategy).sort((a, b) => a.length - b.length));
    const all = [...growth, ...published];
    const x = scaleLog(span(all.map(({ length }) => length)), [LEFT, width - RIGHT]).base(2);
    const [least, most] = span(all.map(({ bytes }) => bytes));
    const y = scaleLog([least / 1.3, most], [HEIGHT - BOTTOM, TOP]).base(2);
    const laws = curves.map((points) => (points.length > 1 ? `∝ n^${slope(points).toFixed(2)}` : ""));
    this.size(width, HEIGHT);
    this.drawing.setAttribute("aria-label", `Feature maps by length n of the network, predicted: ${named.map((name, at) => `${name} ${laws[at]}`).join(", ")}${published.map((each) => `; at ${each.length} ${explainPublished(each)}`).join("")}`);
    this.drawing.replaceChildren(
      ...frame(x, y, all, width),
      ...published.map((each) => publishedMark(each, x(each.length), y(each.bytes))),
      ...curves.flatMap((points, at) => curve(points, strategies, laws[at]!, x, y)),
    );
  }
}

function curve(points: Grown[], strategies: string[], law: string, x: Scale, y: Scale): SVGElement[] {
  const last = points.at(-1)!;
  const marks = points.map(({ strategy, length, bytes }) =>
    svg("g", { transform: `translate(${x(length)} ${y(bytes)})` }, svg("title", {}, `${strategy} at ${length}: ${write(bytes, "B")}, predicted`), strategyMark(strategies, strategy, 40)));
  const path = svg("path", { class: "wb-curve", d: line<Grown>(({ length }) => x(length), ({ bytes }) => y(bytes))(points) });
  return [path, ...marks, svg("text", { x: x(last.length) + 9, y: y(last.bytes) + 3.5 }, `${last.strategy} ${law}`)];
}

function frame(x: Scale, y: Scale, all: { length: number }[], width: number): SVGElement[] {
  const lengths = [...new Set(all.map(({ length }) => length))].sort((a, b) => a - b);
  const across = lengths.filter((each, at) => !at || x(each) - x(lengths[at - 1]!) > 22).map((each) => ({ at: x(each), text: String(each) }));
  const box: Frame = { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM, width, height: HEIGHT };
  return axes(box, across, byteTicks(powers(y.domain() as [number, number], 5), y), "length n (both axes logarithmic)");
}
