/** Throughput or efficiency against devices: ideal dotted, predicted dashed with its bars, published hollow, measured filled. */

import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { axes } from "../shared/axes";
import { svg } from "../shared/element";
import { threeDigits } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { PlotPane } from "../shared/plot_pane";
import { pointMark } from "./point_mark";
import type { Curve, Point } from "./state";

export type Drawn = Curve & { now: number };

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [46, 14, 10, 34, 190];
type Scale = (value: number) => number;

export class CurvePane extends PlotPane<Drawn | null> {
  private readonly body = svg("g", { "aria-hidden": "true" });
  private readonly points = svg("g");
  private readonly list: Listbox;
  private says: string[] = [];

  constructor(private readonly of: "throughput" | "efficiency", private readonly say: (sentence: string) => void, signal: AbortSignal) {
    super({ class: `wb-curves wb-${of}` }, "The curve is on its way.", signal);
    this.list = new Listbox(this.drawing, (at) => this.explain(at), signal);
    this.drawing.append(this.body, this.points);
  }

  private explain(at: number): void {
    this.list.select(at);
    this.say(this.says[at]!);
  }

  protected shown(state: Drawn | null): unknown[] | null {
    return state && [state.predicted, state.published, state.measured, state.now];
  }

  protected draw(state: Drawn | null, width: number): void {
    const { predicted, published, measured, now } = state!;
    const all = [...predicted, ...published, ...measured];
    const value = (point: Point): number => (this.of === "throughput" ? point.value : 100 * point.efficiency);
    const most = Math.max(...all.map(({ devices }) => devices));
    const alone = predicted[0]!.value / predicted[0]!.efficiency / predicted[0]!.devices;
    const x = scaleLog([1, Math.max(2, most)], [LEFT, width - RIGHT]).base(2);
    const top = Math.max(alone * most, ...all.map(value));
    const y = this.of === "throughput"
      ? scaleLog([Math.min(...all.map(value)) / 1.3, top], [HEIGHT - BOTTOM, TOP]).base(10)
      : scaleLinear([0, Math.max(100, ...all.map(value))], [HEIGHT - BOTTOM, TOP]);
    const numbers = predicted.map(({ devices }) => devices);
    const ideal = numbers.map((n): [number, number] => [x(n), y(this.of === "throughput" ? n * alone : 100)]);
    const frame = { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM, width, height: HEIGHT };
    const powers = Array.from({ length: 11 }, (_, power) => 2 ** power).filter((n) => n <= most);
    const across = powers.map((n) => ({ at: x(n), text: String(n) }));
    const up = (this.of === "throughput" ? round(y.domain() as [number, number]) : y.ticks(5)).map((tick) => ({ at: y(tick), text: this.of === "throughput" ? short(tick) : `${tick} %` }));
    this.size(width, HEIGHT);
    this.drawing.setAttribute("aria-label", `${this.of} by devices: ${predicted.length} points predicted, ${published.length} published, ${measured.length} measured`);
    this.body.replaceChildren(
      ...axes(frame, across, up, `devices (${this.of === "throughput" ? "both axes" : "axis"} logarithmic)`),
      svg("path", { class: "wb-ideal", d: line()(ideal) }),
      svg("path", { class: "wb-curve", d: line<Point>(({ devices }) => x(devices), (point) => y(value(point)))(predicted) }),
      svg("path", { class: "wb-curve wb-solid-line", d: line<Point>(({ devices }) => x(devices), (point) => y(value(point)))(measured) }),
    );
    this.says = [...predicted, ...published, ...measured].map(({ says }) => says);
    const options = all.map((point, at) => mark(point, at, x(point.devices), y(value(point)), this.bar(point, value, y), point.kind === "predicted" && point.devices === now));
    this.points.replaceChildren(...options);
    this.list.setOptions(options);
  }

  /** From the low to the high end of what was measured several times, or of what a prediction can be trusted to. */
  private bar(point: Point, value: (point: Point) => number, y: Scale): [number, number] | null {
    if (!point.spread) return null;
    const [low, high] = point.spread.map((each) => Math.min(HEIGHT - BOTTOM, Math.max(TOP, y((value(point) * each) / point.value)))) as [number, number];
    return [low, high];
  }
}

function mark(point: Point, at: number, x: number, y: number, bar: [number, number] | null, now: boolean): SVGElement {
  return svg(
    "g",
    { class: `wb-point wb-kind-${point.kind}`, transform: `translate(${x} ${y})`, "data-value": at, "data-key": `${point.kind} ${point.devices}`, "aria-label": point.says },
    svg("title", {}, point.says),
    svg("circle", { class: "wb-halo", r: 8 }),
    bar && svg("path", { class: "wb-spread", d: bar.map((end) => `M-3 ${end - y}h6`).join("") + `M0 ${bar[0] - y}V${bar[1] - y}` }),
    pointMark(point.kind, now),
  );
}

/** Round numbers on a logarithmic axis: powers of ten, or some between them where there are few. */
function round([low, high]: [number, number]): number[] {
  const all = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat().filter((each) => low <= each && each <= high);
  return all.length > 4 ? all.filter((each) => String(each).startsWith("1")) : all;
}

const short = (value: number): string => (value >= 1e6 ? `${threeDigits(value / 1e6)}M` : value >= 1e3 ? `${value / 1e3}k` : value.toLocaleString("en"));
