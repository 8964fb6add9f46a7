/** The recorded step: when each segment ran. The cut compared with stands above it on the same axis of time. */

import { scaleLinear } from "d3-scale";
import { html, svg } from "../shared/element";
import { keepFocus } from "../shared/focus";
import { plural, write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { explainSegment } from "./sentence";
import type { Cut, State } from "./state";

const [LEFT, RIGHT, HEIGHT] = [14, 40, 98];
const BEFORE = { y: 16, height: 10 };
const NOW = { y: 44, height: 20 };

type Scale = (seconds: number) => number;

const end = (cut: Cut | null): number =>
  Math.max(0, ...(cut?.run?.trace ?? []).map((event) => event.start_s + event.duration_s));

export class TracePane {
  readonly root: HTMLElement;
  private readonly drawing = svg("svg", { class: "wb-trace" });
  private readonly empty = html("p", { class: "wb-empty" }, "Not measured yet: press “Measure this cut”.");
  private readonly list: Listbox;
  private state: State | null = null;
  private drawn = "";

  constructor(choose: (segment: number) => void, signal: AbortSignal) {
    this.list = new Listbox(this.drawing, choose, signal);
    this.root = html("div", { class: "wb-trace-pane" }, this.drawing, this.empty);
    const resized = new ResizeObserver(() => this.state && keepFocus(this.root, () => this.update(this.state!)));
    resized.observe(this.root);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  update(state: State): void {
    const width = this.root.clientWidth;
    const measured = state.now.run !== undefined;
    this.drawing.toggleAttribute("hidden", !measured);
    this.empty.hidden = measured;
    const shown = [width, state.now.place, state.before?.place, end(state.now), end(state.before)].join();
    if (measured && width && shown !== this.drawn) {
      this.drawn = shown;
      this.draw(state, width);
    }
    this.list.select(state.home.get(state.step) ?? -1);
    this.state = state;
  }

  private draw(state: State, width: number): void {
    const [now, before] = [state.now, state.before?.run ? state.before : null];
    const total = Math.max(end(now), end(before));
    const scale = scaleLinear([0, total], [LEFT, width - RIGHT]);
    const options = now.run!.trace.map((event) => drawBar(state, event.segment, scale));
    const top = before ? 0 : NOW.y - BEFORE.y; // with nothing to compare with, its row is cut off
    this.drawing.setAttribute("width", String(width));
    this.drawing.setAttribute("height", String(HEIGHT - top));
    this.drawing.setAttribute("viewBox", `0 ${top} ${width} ${HEIGHT - top}`);
    this.drawing.setAttribute(
      "aria-label",
      `Recorded step at ${now.label}: ${plural(options.length, "segment")} in ${write(end(now), "s")}, measured`,
    );
    this.drawing.replaceChildren(
      svg("g", { "aria-hidden": "true" }, ...drawAxis(scale, width), ...drawBefore(before, scale), caption(now, NOW.y)),
      ...options,
    );
    this.list.setOptions(options);
  }
}

function caption(cut: Cut, y: number, word = ""): SVGElement {
  const text = `${word}${cut.label}: ${plural(cut.run!.trace.length, "segment")}, ${write(end(cut), "s")}`;
  return svg("text", { class: "wb-caption", x: LEFT, y: y - 4 }, text);
}

function drawBefore(cut: Cut | null, scale: Scale): SVGElement[] {
  if (!cut) return [];
  const bars = cut.run!.trace.map(({ start_s, duration_s }) =>
    svg("rect", { class: "wb-before", x: scale(start_s), width: span(scale, start_s, duration_s), ...BEFORE }),
  );
  return [caption(cut, BEFORE.y, "before: "), ...bars];
}

const span = (scale: Scale, start: number, length: number): number =>
  Math.max(1, scale(start + length) - scale(start) - 0.5);

function drawBar(state: State, index: number, scale: Scale): SVGElement {
  const event = state.now.run!.trace.find((each) => each.segment === index)!;
  const [x, width] = [scale(event.start_s), span(scale, event.start_s, event.duration_s)];
  const number = String(index + 1);
  const fits = width > 8 * number.length + 4;
  const label = explainSegment(state, index);
  return svg(
    "g",
    { class: `wb-bar${index % 2 ? " wb-odd" : ""}`, "data-value": index, "aria-label": label },
    svg("title", {}, label),
    svg("rect", { x, width, ...NOW }),
    fits ? svg("text", { x: x + width / 2, y: NOW.y + 14 }, number) : null,
  );
}

function drawAxis(scale: ReturnType<typeof scaleLinear<number>>, width: number): SVGElement[] {
  const y = NOW.y + NOW.height + 2;
  const ticks = scale.ticks(Math.max(2, Math.floor(width / 90))).flatMap((tick) => [
    svg("path", { class: "wb-axis", d: `M${scale(tick)} ${y}v4` }),
    svg("text", { class: "wb-tick", x: scale(tick), y: y + 15 }, tick ? write(tick, "s") : "0 s"),
  ]);
  const [start, stop] = scale.range() as [number, number];
  const title = svg("text", { class: "wb-tick", x: (start + stop) / 2, y: y + 28 }, "time in the step, measured");
  return [svg("path", { class: "wb-axis", d: `M${start} ${y}H${stop}` }), ...ticks, title];
}
