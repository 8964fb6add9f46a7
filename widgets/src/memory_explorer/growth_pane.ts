/** How the feature maps grow with the network's length: on logarithmic axes a power law is a line, its power the slope. */

import { scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { html, svg } from "../shared/element";
import { write } from "../shared/format";
import type { Grown, State } from "./state";
import { strategyMark } from "./symbols";
import { binaryTicks } from "./timeline_pane";

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

export class GrowthPane {
  readonly root: HTMLElement;
  private readonly drawing = svg("svg", { class: "wb-plot wb-growth", role: "img" });
  private readonly empty = html("p", { class: "wb-empty" });
  private state: State | null = null;
  private own = false;
  private drawn: unknown[] = [];

  constructor(signal: AbortSignal) {
    this.root = html("div", { class: "wb-plot-pane" }, this.drawing, this.empty);
    const resized = new ResizeObserver(() => this.state && this.update(this.state, this.own));
    resized.observe(this.root);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  /** @param own whether the network is the user's own, which has no other lengths. */
  update(state: State, own: boolean): void {
    this.state = state;
    this.own = own;
    const { growth } = state;
    const width = this.root.clientWidth;
    const enough = new Set(growth.map(({ length }) => length)).size > 1;
    this.drawing.toggleAttribute("hidden", !enough);
    this.empty.hidden = enough;
    this.empty.textContent = own ? "Your network has one length: choose one of the course's to see growth." : "Longer networks are being planned.";
    if (!enough || !width || (this.drawn[0] === width && this.drawn[1] === growth)) return;
    this.drawn = [width, growth];
    this.draw(state, width);
  }

  private draw({ growth, strategies }: State, width: number): void {
    const named = strategies.filter((strategy) => growth.some((each) => each.strategy === strategy));
    const curves = named.map((strategy) => growth.filter((each) => each.strategy === strategy).sort((a, b) => a.length - b.length));
    const x = scaleLog(span(growth.map(({ length }) => length)), [LEFT, width - RIGHT]).base(2);
    const y = scaleLog(span(growth.map(({ bytes }) => bytes)), [HEIGHT - BOTTOM, TOP]).base(2);
    const laws = curves.map((points) => (points.length > 1 ? `∝ n^${slope(points).toFixed(2)}` : ""));
    this.drawing.setAttribute("width", String(width));
    this.drawing.setAttribute("height", String(HEIGHT));
    this.drawing.setAttribute("aria-label", `Feature maps by length n of the network, predicted: ${named.map((name, at) => `${name} ${laws[at]}`).join(", ")}`);
    this.drawing.replaceChildren(
      ...axes(x, y, growth, width),
      ...curves.flatMap((points, at) => curve(points, strategies, laws[at]!, x, y)),
    );
  }
}

const span = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];

function curve(points: Grown[], strategies: string[], law: string, x: Scale, y: Scale): SVGElement[] {
  const last = points.at(-1)!;
  const marks = points.map(({ strategy, length, bytes }) =>
    svg("g", { transform: `translate(${x(length)} ${y(bytes)})` }, svg("title", {}, `${strategy} at ${length}: ${write(bytes, "B")}, predicted`), strategyMark(strategies, strategy, 40)));
  const path = svg("path", { class: "wb-curve", d: line<Grown>(({ length }) => x(length), ({ bytes }) => y(bytes))(points) });
  return [path, ...marks, svg("text", { x: x(last.length) + 9, y: y(last.bytes) + 3.5 }, `${last.strategy} ${law}`)];
}

function axes(x: Scale, y: Scale, growth: Grown[], width: number): SVGElement[] {
  const lengths = [...new Set(growth.map(({ length }) => length))].sort((a, b) => a - b);
  const across = lengths.filter((each, at) => !at || x(each) - x(lengths[at - 1]!) > 22);
  const up = powers(y.domain() as [number, number], 5);
  return [
    ...across.map((each) => svg("text", { class: "wb-tick", x: x(each), y: HEIGHT - BOTTOM + 14, "text-anchor": "middle" }, String(each))),
    ...up.map((each) => svg("text", { class: "wb-tick", x: LEFT - 5, y: y(each) + 3.5, "text-anchor": "end" }, write(each, "B"))),
    svg("path", { class: "wb-axis", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${width - RIGHT}` }),
    svg("text", { class: "wb-tick", x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "length n (both axes logarithmic)"),
  ];
}

/** Round numbers of bytes on a logarithmic axis: powers of two, about `count` of them, or others where it is too short. */
export function powers([low, high]: [number, number], count: number): number[] {
  const within = (each: number): boolean => each >= low && each <= high;
  const all = Array.from({ length: 60 }, (_, power) => 2 ** power).filter(within);
  const step = Math.ceil(all.length / count) || 1;
  return all.length > 2 ? all.filter((_, at) => at % step === 0) : binaryTicks(high, 6).filter(within);
}
