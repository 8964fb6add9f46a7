/**
 * One pass through time: what is alive at each place of the schedule, stacked by kind. It is predicted, so hatched.
 * The mark is walked by the arrow keys; what stands at it is listed and explained beside the picture.
 */

import { scaleLinear } from "d3-scale";
import { area, curveStepAfter, line } from "d3-shape";
import { binaryTicks } from "../shared/axes";
import { BUFFERS, Hatching } from "../shared/buffers";
import { svg } from "../shared/element";
import { write } from "../shared/format";
import { PlotPane } from "../shared/plot_pane";
import { drawnAt, known, PHASES, type Plan, type State, totals } from "./state";

export const [LEFT, RIGHT] = [62, 10];
const [TOP, HEIGHT, STRIP, FOOT] = [14, 200, 7, 30];
const MOVES: Record<string, (at: number, last: number) => number> = {
  ArrowLeft: (at) => at - 1,
  ArrowDown: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at) => at + 1,
  PageDown: (at) => at - 20,
  PageUp: (at) => at + 20,
  Home: () => 0,
  End: (_at, last) => last,
};

export class TimelinePane extends PlotPane<State> {
  private readonly hatching = new Hatching();
  private readonly body = svg("g", { "aria-hidden": "true" });
  private readonly marker = svg("g", { class: "wb-marker", "aria-hidden": "true" });

  constructor(private readonly look: (place: number) => void, signal: AbortSignal) {
    super({ class: "wb-timeline", role: "slider", tabindex: 0 }, "The first plan is on its way.", signal);
    this.drawing.append(this.hatching.definitions, this.body, this.marker);
    this.drawing.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.drawing.addEventListener("click", (event) => this.onClick(event), { signal });
  }

  protected shown({ now, before, budget }: State): unknown[] | null {
    return now && [now.places, now.calibrated, before?.places, before?.calibrated, budget];
  }

  protected draw(state: State, width: number): void {
    const now = state.now!;
    const sums = totals(now);
    const alone = now.calibrated ? totals(now, now.bytes) : [];
    const most = Math.max(...sums, ...alone, ...(state.before ? totals(state.before) : []));
    const y = scaleLinear([0, most * 1.06], [HEIGHT, TOP]);
    const x = scaleLinear([0, now.length], [LEFT, width - RIGHT]);
    const peak = drawnAt(now, null);
    this.size(width, HEIGHT + STRIP + FOOT);
    this.drawing.setAttribute(
      "aria-label",
      `Bytes alive through ${now.length} operations by strategy ${now.strategy}: at most ${write(Math.max(...sums), "B")}, predicted${now.calibrated ? ", calibrated" : ""}`,
    );
    this.body.replaceChildren(
      ...axis(y, width),
      ...this.areas(now, x, y),
      svg("path", { class: "wb-total", d: outline(now, sums, x, y) }),
      ...aloneLine(now, alone, x, y, width),
      ...beforeLine(state.before, width, y),
      ...budgetLine(state.budget, most, y, width, x(now.places[peak]!)),
      ...peakMark(now, x(now.places[peak]!), y(sums[peak]!), width),
      ...strip(now, x),
    );
  }

  private areas(now: Plan, x: (place: number) => number, y: (bytes: number) => number): SVGElement[] {
    const ground = now.places.map(() => 0);
    const lines = known(now);
    return BUFFERS.filter((kind) => lines[kind]?.some((bytes) => bytes > 0)).map((kind) => {
      const spans = now.places.map((place, at) => ({ place, low: ground[at]!, high: ground[at]! + lines[kind]![at]! }));
      for (const [at, span] of spans.entries()) ground[at] = span.high;
      const shape = area<(typeof spans)[0]>((each) => x(each.place), (each) => y(each.low), (each) => y(each.high)).curve(curveStepAfter);
      return svg("path", { class: `wb-area wb-of-${kind}`, d: shape([...spans, { ...spans.at(-1)!, place: now.length }]), fill: this.hatching.fill(kind) });
    });
  }

  /** Where the eye is: moved without drawing anything else anew. */
  protected override mark(state: State, width: number): void {
    const now = state.now!;
    const at = drawnAt(now, state.place);
    const [place, bytes] = [state.place ?? now.places[at]!, totals(now)[at]!];
    const x = scaleLinear([0, now.length], [LEFT, width - RIGHT])(place + 0.5);
    this.marker.replaceChildren(svg("path", { d: `M${x} ${TOP}V${HEIGHT + STRIP}` }));
    this.drawing.setAttribute("aria-valuemin", "0");
    this.drawing.setAttribute("aria-valuemax", String(now.length - 1));
    this.drawing.setAttribute("aria-valuenow", String(place));
    this.drawing.setAttribute(
      "aria-valuetext",
      `operation ${place + 1} of ${now.length}, ${PHASES[now.phases[at]!]}: ${write(bytes, "B")} alive`,
    );
  }

  private onKey(event: KeyboardEvent): void {
    const [move, now] = [MOVES[event.key], this.current?.now];
    if (!move || !now || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const last = now.places.length - 1;
    const at = Math.min(last, Math.max(0, move(drawnAt(now, this.current!.place), last)));
    this.look(now.places[at]!);
  }

  private onClick(event: MouseEvent): void {
    const now = this.current?.now;
    if (!now) return;
    const box = this.drawing.getBoundingClientRect();
    const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const place = Math.min(now.length - 1, Math.max(0, part * now.length));
    this.look(now.places[drawnAt(now, place)]!);
    this.drawing.focus({ preventScroll: true });
  }
}

function outline(plan: Plan, sums: number[], x: (place: number) => number, y: (bytes: number) => number): string {
  const points: [number, number][] = plan.places.map((place, at) => [x(place), y(sums[at]!)]);
  return line().curve(curveStepAfter)([...points, [x(plan.length), points.at(-1)![1]]])!;
}

/** Beside what the compiled programs take, what the graph alone had predicted. */
function aloneLine(now: Plan, sums: number[], x: (place: number) => number, y: (bytes: number) => number, width: number): SVGElement[] {
  if (!sums.length) return [];
  return [
    svg("path", { class: "wb-was", d: outline(now, sums, x, y) }),
    svg("text", { class: "wb-tick", x: width - RIGHT, y: TOP - 4, "text-anchor": "end" }, "calibrated; dotted: from the graph alone"),
  ];
}

/** The plan compared with, on an axis of its own length: it recomputes more or less, and takes other places. */
function beforeLine(before: Plan | null, width: number, y: (bytes: number) => number): SVGElement[] {
  if (!before) return [];
  const x = scaleLinear([0, before.length], [LEFT, width - RIGHT]);
  return [svg("path", { class: "wb-was", d: outline(before, totals(before), x, y) })];
}

/** Named at the end that is further from the peak, whose own text may be as high. */
function budgetLine(budget: number | null, most: number, y: (bytes: number) => number, width: number, peak: number): SVGElement[] {
  if (budget === null || budget > most * 1.06) return [];
  const late = peak > width / 2;
  return [
    svg("path", { class: "wb-budget", d: `M${LEFT} ${y(budget)}H${width - RIGHT}` }),
    svg("text", { class: "wb-clear", x: late ? LEFT + 3 : width - RIGHT, y: y(budget) - 3, "text-anchor": late ? "start" : "end" }, "budget"),
  ];
}

function peakMark(now: Plan, x: number, y: number, width: number): SVGElement[] {
  const late = x > width * 0.7;
  return [
    svg("path", { class: "wb-peak", d: `M${x} ${y}l-5 -8h10z` }),
    svg("text", { class: "wb-strong wb-clear", x: x + (late ? -8 : 8), y: y - 2, "text-anchor": late ? "end" : "start" }, `peak ${write(Math.max(...totals(now)), "B")}`),
  ];
}

/** Under the picture: which part of the pass runs. */
function strip(now: Plan, x: (place: number) => number): SVGElement[] {
  const runs: { phase: string; from: number; to: number }[] = [];
  now.places.forEach((place, at) => {
    const [phase, previous] = [now.phases[at]!, runs.at(-1)];
    const to = now.places[at + 1] ?? now.length;
    if (previous?.phase === phase) previous.to = to;
    else runs.push({ phase, from: at ? place : 0, to });
  });
  const shape = (wanted: string): string =>
    runs.filter(({ phase }) => phase === wanted).map(({ from, to }) => `M${x(from)} ${HEIGHT + 2}H${x(to)}v${STRIP - 2}H${x(from)}z`).join("");
  const words = [["f", "forward"], ["r", "forward once more"], ["b", "backward"]] as const;
  const present = words.filter(([phase]) => now.phases.includes(phase));
  let left = LEFT;
  const legend = present.map(([phase, word]) => {
    const at = left;
    left += 36 + 6 * word.length;
    return [
      svg("path", { class: `wb-phase-${phase}`, d: `M${at} ${HEIGHT + STRIP + 12}h10v8h-10z` }),
      svg("text", { x: at + 14, y: HEIGHT + STRIP + 20 }, word),
    ];
  });
  return [...present.map(([phase]) => svg("path", { class: `wb-phase-${phase}`, d: shape(phase) })), ...legend.flat()];
}

function axis(y: ReturnType<typeof scaleLinear<number>>, width: number): SVGElement[] {
  const ticks = binaryTicks(y.domain()[1]!).flatMap((tick) => [
    svg("path", { class: "wb-grid-line", d: `M${LEFT} ${y(tick)}H${width - RIGHT}` }),
    svg("text", { class: "wb-tick", x: LEFT - 5, y: y(tick) + 3.5, "text-anchor": "end" }, write(tick, "B")),
  ]);
  return [...ticks, svg("path", { class: "wb-axis", d: `M${LEFT} ${TOP}V${HEIGHT}H${width - RIGHT}` })];
}
