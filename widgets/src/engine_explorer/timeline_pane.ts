/** Recorded runs: one lane a device, naive above threaded on one axis of time. Two bars may share a lane: it has two threads. */

import { scaleLinear } from "d3-scale";
import { svg } from "../shared/element";
import { write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { PlotPane } from "../shared/plot_pane";
import { explainEvent } from "./sentence";
import { type Kind, KINDS, numberOf, type State, type TraceEvent } from "./state";

const [LEFT, RIGHT, HEAD, THREAD, GAP, FOOT] = [52, 16, 18, 9, 4, 34];

export class TimelinePane extends PlotPane<State> {
  private readonly list: Listbox;
  private events: [Kind, TraceEvent][] = [];
  private chosen = -1;

  constructor(private readonly choose: (operation: number, sentence: string) => void, signal: AbortSignal) {
    super({ class: "wb-runs" }, "Not recorded yet: press “Record”.", signal);
    this.list = new Listbox(this.drawing, (at) => this.take(at), signal);
  }

  protected shown({ run, operations }: State): unknown[] | null {
    return run ? [run, operations] : null;
  }

  protected draw(state: State, width: number): void {
    const { traces } = state.run!;
    const end = Math.max(...KINDS.flatMap((kind) => traces[kind].map(({ end_s }) => end_s)));
    const x = scaleLinear([0, end], [LEFT, width - RIGHT]);
    const parts: SVGElement[] = [];
    const options: SVGElement[] = [];
    this.events = [];
    let y = 0;
    for (const kind of KINDS) {
      const makespan = Math.max(...traces[kind].map(({ end_s }) => end_s));
      parts.push(svg("text", { class: "wb-caption", x: LEFT, y: y + 12 }, `${kind}: ${write(makespan, "s")}`));
      y += HEAD;
      for (const device of state.devices) {
        const events = traces[kind].filter((event) => event.device === device);
        const threads = [...new Set(events.map(({ thread }) => thread))].sort();
        const height = Math.max(1, threads.length) * THREAD;
        parts.push(svg("rect", { class: "wb-lane", x: LEFT, y, width: width - RIGHT - LEFT, height }));
        parts.push(svg("text", { x: LEFT - 5, y: y + height / 2 + 3.5, "text-anchor": "end" }, device));
        for (const event of events) {
          const at = this.events.push([kind, event]) - 1;
          options.push(drawBar(state, kind, event, at, x, y + threads.indexOf(event.thread) * THREAD));
        }
        y += height + GAP;
      }
      y += GAP;
    }
    this.size(width, y + FOOT - GAP);
    this.drawing.setAttribute("aria-label", `Recorded runs of ${options.length / 2} operations, naive and threaded, by device, measured`);
    this.drawing.replaceChildren(svg("g", { "aria-hidden": "true" }, ...parts, ...drawAxis(x, y, width)), ...options);
    this.list.setOptions(options);
  }

  protected override mark(state: State): void {
    const now = this.events[this.chosen]?.[1].operation === state.operation ? this.chosen : -1;
    const here = now >= 0 ? now : this.events.findIndex(([kind, event]) => kind === state.engine && event.operation === state.operation);
    this.list.select(here);
  }

  private take(at: number): void {
    const [kind, event] = this.events[at]!;
    this.chosen = at;
    this.choose(event.operation, explainEvent(this.current!, kind, event));
  }
}

function drawBar(state: State, kind: Kind, event: TraceEvent, at: number, x: (s: number) => number, y: number): SVGElement {
  const width = Math.max(1.5, x(event.end_s) - x(event.start_s) - 0.5);
  const label = explainEvent(state, kind, event);
  return svg(
    "g",
    { class: `wb-bar wb-device-${numberOf(event.device) % 8}`, "data-value": at, "data-key": `${kind} ${event.operation}`, "aria-label": label },
    svg("title", {}, label),
    svg("rect", { x: x(event.start_s), y: y + 0.5, width, height: THREAD - 1 }),
  );
}

function drawAxis(x: ReturnType<typeof scaleLinear<number>>, y: number, width: number): SVGElement[] {
  const ticks = x.ticks(Math.max(2, Math.floor(width / 90))).flatMap((tick) => [
    svg("path", { class: "wb-axis", d: `M${x(tick)} ${y}v4` }),
    svg("text", { class: "wb-tick", x: x(tick), y: y + 14 }, tick ? write(tick, "s") : "0 s"),
  ]);
  const [start, stop] = x.range() as [number, number];
  const title = svg("text", { class: "wb-tick", x: (start + stop) / 2, y: y + 26 }, "time in the run, measured");
  return [svg("path", { class: "wb-axis", d: `M${start} ${y}H${stop}` }), ...ticks, title];
}
