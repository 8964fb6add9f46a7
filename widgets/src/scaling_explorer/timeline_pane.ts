/** A step through time, a row for each device and link: hatched where it was simulated, filled where it was recorded. */

import { scaleLinear } from "d3-scale";
import { Hatching } from "../shared/buffers";
import { svg } from "../shared/element";
import { write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import type { Buffer } from "../shared/palette";
import { PlotPane } from "../shared/plot_pane";
import type { Row, Span, Timeline } from "./state";

const [LEFT, RIGHT, TOP, ROW, BAR, FOOT] = [150, 24, 4, 20, 14, 22];
export const BUFFER: Record<Exclude<Span["kind"], "wait">, Buffer> = { compute: "activation", communicate: "gradient", feed: "workspace", update: "parameter" };

type Scale = ReturnType<typeof scaleLinear<number>>;

export class TimelinePane extends PlotPane<Timeline | null> {
  private readonly hatching = new Hatching();
  private readonly body = svg("g", { "aria-hidden": "true" });
  private readonly bars = svg("g");
  private readonly list: Listbox;
  private says: string[] = [];

  constructor(private readonly label: string, empty: string, private readonly say: (sentence: string) => void, signal: AbortSignal) {
    super({ class: "wb-step" }, empty, signal);
    this.list = new Listbox(this.drawing, (at) => this.explain(at), signal);
    this.drawing.append(this.hatching.definitions, this.body, this.bars);
  }

  override update(state: Timeline | null): void {
    super.update(state);
    if (state) return;
    this.drawing.toggleAttribute("hidden", true);
    this.empty.hidden = false;
  }

  private explain(at: number): void {
    this.list.select(at);
    this.say(this.says[at]!);
  }

  protected shown(state: Timeline | null): unknown[] | null {
    return state && [state];
  }

  protected draw(state: Timeline | null, width: number): void {
    const { rows, end, kind } = state!;
    const x = scaleLinear([0, end], [LEFT, width - RIGHT]);
    const bottom = TOP + rows.length * ROW;
    this.size(width, bottom + FOOT);
    this.drawing.setAttribute("aria-label", `${this.label}, ${kind}: ${write(end, "s")}, ${rows.length} rows`);
    this.says = rows.flatMap(({ spans }) => spans.map(({ says }) => says));
    let value = -1;
    const options = rows.flatMap((row, at) =>
      row.spans.map((span, place) => {
        const bar = this.bar(span, (value += 1), x, TOP + at * ROW, kind);
        bar.dataset.key = `${row.label} ${place}`;
        return bar;
      }),
    );
    this.body.replaceChildren(...rows.flatMap((row, at) => caption(row, TOP + at * ROW, width)), ...axis(x, bottom));
    this.bars.replaceChildren(...options);
    this.list.setOptions(options);
  }

  private bar(span: Span, value: number, x: Scale, top: number, kind: Timeline["kind"]): SVGElement {
    const box = { x: x(span.start), y: top + (ROW - BAR) / 2, width: Math.max(0.8, x(span.end) - x(span.start)), height: BAR };
    const buffer = span.kind === "wait" ? null : BUFFER[span.kind];
    const look = buffer ? { class: `wb-area wb-of-${buffer}${kind === "measured" ? " wb-solid" : ""}`, fill: kind === "measured" ? null : this.hatching.fill(buffer) } : { class: "wb-waits" };
    return svg("g", { class: "wb-span", "data-value": value, "aria-label": span.says }, svg("title", {}, span.says), svg("rect", { ...look, ...box }));
  }
}

function caption({ label, device }: Row, top: number, width: number): SVGElement[] {
  return [
    svg("path", { class: "wb-grid-line", d: `M${LEFT} ${top + ROW / 2}H${width - RIGHT}` }),
    svg("text", { class: device ? "" : "wb-tick", x: LEFT - 6, y: top + ROW / 2 + 3.5, "text-anchor": "end" }, label),
  ];
}

function axis(x: Scale, y: number): SVGElement[] {
  const [from, to] = x.range() as [number, number];
  const ticks = x.ticks(Math.max(2, Math.floor((to - from) / 90))).flatMap((tick) => [
    svg("path", { class: "wb-axis", d: `M${x(tick)} ${y}v4` }),
    svg("text", { class: "wb-tick", x: x(tick), y: y + 15, "text-anchor": "middle" }, tick ? write(tick, "s") : "0 s"),
  ]);
  return [svg("path", { class: "wb-axis", d: `M${from} ${y}H${to}` }), ...ticks];
}
