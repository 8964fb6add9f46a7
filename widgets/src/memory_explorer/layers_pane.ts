/**
 * The same pass by layer: a row a band of the network, first layers on top, the stronger the more of it is alive.
 * Forward fills it from the top, backward empties it from the bottom; what is recomputed comes back in between.
 */

import { svg } from "../shared/element";
import { write } from "../shared/format";
import { PlotPane } from "../shared/plot_pane";
import type { State } from "./state";
import { LEFT, RIGHT } from "./timeline_pane";

const [TOP, ROW, FOOT] = [4, 7, 17];
const SHADES = 9;

export class LayersPane extends PlotPane<State> {
  private readonly cells = svg("g", { "aria-hidden": "true" });
  private readonly marker = svg("g", { class: "wb-marker", "aria-hidden": "true" });

  constructor(private readonly look: (place: number | null, layer: number) => void, signal: AbortSignal) {
    super({ class: "wb-by-layer", role: "slider", tabindex: 0, "aria-orientation": "vertical" }, "", signal);
    this.drawing.append(this.cells, this.marker);
    this.drawing.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.drawing.addEventListener("click", (event) => this.onClick(event), { signal });
  }

  protected shown({ now }: State): unknown[] | null {
    return now && [now.shades];
  }

  protected draw({ layers, now: plan }: State, width: number): void {
    const now = plan!;
    const rows = now.shades.length;
    this.size(width, TOP + rows * ROW + FOOT);
    this.drawing.setAttribute(
      "aria-label",
      `Feature maps alive by layer, from ${layers[0]} to ${layers.at(-1)}; the strongest is ${write(now.darkest, "B")}, predicted`,
    );
    const shades = cellsByShade(now.shades, (width - LEFT - RIGHT) / (now.shades[0]?.length || 1));
    this.cells.replaceChildren(
      ...shades.map((d, shade) => svg("path", { class: "wb-cell", d, "fill-opacity": shade / SHADES })),
      svg("path", { class: "wb-axis", d: `M${LEFT} ${TOP}V${TOP + rows * ROW}H${width - RIGHT}` }),
      ...[0, rows - 1].map((row) => svg("text", { class: "wb-tick", x: LEFT - 5, y: TOP + row * ROW + 7, "text-anchor": "end" }, shorten(layers[row] ?? ""))),
      svg("text", { class: "wb-tick", x: LEFT, y: TOP + rows * ROW + 13 }, `strongest: ${write(now.darkest, "B")} of one row`),
    );
  }

  protected override mark({ layers, layer, place, now: plan }: State, width: number): void {
    const now = plan!;
    const rows = now.shades.length;
    const x = place === null ? null : LEFT + ((place + 0.5) / now.length) * (width - LEFT - RIGHT);
    this.marker.replaceChildren(
      ...(x === null ? [] : [svg("path", { d: `M${x} ${TOP}V${TOP + rows * ROW}` })]),
      ...(layer === null ? [] : [svg("rect", { x: LEFT, y: TOP + layer * ROW, width: width - LEFT - RIGHT, height: ROW })]),
    );
    const text = layer === null ? "all layers" : `layers from ${layers[layer]}, row ${layer + 1} of ${rows}`;
    this.drawing.setAttribute("aria-valuemin", "0");
    this.drawing.setAttribute("aria-valuemax", String(rows));
    this.drawing.setAttribute("aria-valuenow", String(layer === null ? 0 : layer + 1));
    this.drawing.setAttribute("aria-valuetext", text);
  }

  private onKey(event: KeyboardEvent): void {
    const { now, layer, place } = this.current ?? {};
    const by = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 0, ArrowLeft: 0, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined || !now || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const row = Math.min(now.shades.length - 1, Math.max(0, layer === null && by ? (by > 0 ? 0 : now.shades.length - 1) : (layer ?? 0) + by));
    const side = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!side) return this.look(place ?? null, row);
    const at = now.places.findIndex((each) => each >= (place ?? now.places[0]!));
    this.look(now.places[Math.min(now.places.length - 1, Math.max(0, at + side))]!, row);
  }

  private onClick(event: MouseEvent): void {
    const now = this.current?.now;
    if (!now) return;
    const box = this.drawing.getBoundingClientRect();
    const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const place = Math.floor(Math.min(now.length - 1, Math.max(0, part * now.length)));
    const layer = Math.min(now.shades.length - 1, Math.floor((event.clientY - box.top - TOP) / ROW));
    this.look(place, Math.max(0, layer));
    this.drawing.focus({ preventScroll: true });
  }
}

/** One path a shade: a few thousand rectangles as nine shapes, which a browser draws at once. */
function cellsByShade(rows: string[], step: number): string[] {
  const paths = Array.from({ length: SHADES + 1 }, () => "");
  rows.forEach((row, y) => {
    for (const run of row.matchAll(/([1-9])\1*/g)) {
      const [x, length] = [LEFT + run.index * step, run[0].length * step];
      paths[Number(run[1])] += `M${x.toFixed(1)} ${TOP + y * ROW}h${length.toFixed(1)}v${ROW}h${(-length).toFixed(1)}z`;
    }
  });
  return paths;
}

const shorten = (name: string): string => (name.length > 8 ? `${name.slice(0, 7)}…` : name);
