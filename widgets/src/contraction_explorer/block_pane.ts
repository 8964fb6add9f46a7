/**
 * The tensor as a block, and inside it the smaller one that its ranks leave. A handle on each edge is dragged, or moved by
 * keys. Edges are as long as the logarithm of their mode, so that 5 beside 256 can still be seen and taken hold of.
 */

import { svg } from "../shared/element";
import { PlotPane } from "../shared/plot_pane";
import type { State } from "./state";

const [LEFT, RIGHT, BOTTOM, TOP] = [90, 66, 50, 14];
const SIDES = [150, 130, 76]; // pixels of the longest edge upwards, to the right and backwards
const DEPTH = { x: 0.75, y: -0.66 };
const BESIDE = [{ x: -13, y: 0 }, { x: 0, y: 13 }, { x: 17, y: 5 }]; // from an edge to where its handle runs
const MOVES: Record<string, (rank: number, size: number) => number> = {
  ArrowLeft: (rank) => rank - 1,
  ArrowDown: (rank) => rank - 1,
  ArrowRight: (rank) => rank + 1,
  ArrowUp: (rank) => rank + 1,
  PageDown: (rank, size) => rank - Math.max(1, Math.round(size / 10)),
  PageUp: (rank, size) => rank + Math.max(1, Math.round(size / 10)),
  Home: () => 1,
  End: (_rank, size) => size,
};

interface Point {
  x: number;
  y: number;
}

/** Where a handle runs: from rank 0 at `from`, `along` to the mode's whole size. */
interface Track {
  from: Point;
  along: Point;
}

const plus = (a: Point, b: Point, part = 1): Point => ({ x: a.x + part * b.x, y: a.y + part * b.y });
const path = (...points: Point[]): string => `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;

export class BlockPane extends PlotPane<State> {
  private readonly outer = svg("g", { class: "wb-block", "aria-hidden": "true" });
  private readonly inner = svg("g", { class: "wb-core", "aria-hidden": "true" });
  private readonly ends = svg("g");
  private handles: SVGGElement[] = [];
  private tracks: Track[] = [];
  private corner: Point = { x: 0, y: 0 };

  constructor(private readonly drag: (ranks: number[], atOnce: boolean) => void, signal: AbortSignal) {
    super({ class: "wb-block-drawing", role: "group", "aria-label": "The tensor as a block; a handle a mode sets its rank" }, "", signal);
    this.drawing.append(this.outer, this.inner, this.ends);
  }

  protected shown({ shape, role }: State): unknown[] {
    return [shape.join(), role];
  }

  protected draw({ shape, role }: State, width: number): void {
    const [up, right, back] = edges(shape, width);
    const corner = { x: LEFT, y: TOP - Math.min(0, back.y) - up.y };
    this.tracks = [
      { from: corner, along: up },
      { from: corner, along: right },
      { from: plus(corner, right), along: back },
    ].map(({ from, along }, mode) => ({ from: plus(from, BESIDE[mode]!), along })).slice(0, shape.length);
    this.corner = corner;
    this.size(width, corner.y + BOTTOM);
    this.drawing.classList.toggle("wb-of-weight", role === "weight");
    const rails = this.tracks.map(({ from, along }) => svg("path", { class: "wb-rail", d: path(from, plus(from, along)) }));
    this.outer.replaceChildren(...faces(corner, up, right, back).map((d) => svg("path", { d })), ...rails);
    if (this.handles.length !== shape.length) this.handles = shape.map((_, mode) => this.handle(mode));
    this.ends.replaceChildren(...this.handles);
  }

  protected override mark({ shape, modes, ranks }: State): void {
    const [up, right, back] = this.tracks.map(({ along }, mode) => ({ x: (along.x * ranks[mode]!) / shape[mode]!, y: (along.y * ranks[mode]!) / shape[mode]! }));
    this.inner.replaceChildren(...faces(this.corner, up!, right!, back ?? { x: 0, y: 0 }).map((d) => svg("path", { d })));
    this.handles.forEach((handle, mode) => {
      const at = plus(this.tracks[mode]!.from, this.tracks[mode]!.along, ranks[mode]! / shape[mode]!);
      handle.setAttribute("transform", `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`);
      const [rank, name] = handle.querySelectorAll("text");
      [rank!.textContent, name!.textContent] = [`${ranks[mode]} of ${shape[mode]}`, modes[mode]!];
      const said = { "aria-label": `Rank of mode ${mode}, ${modes[mode]}`, "aria-valuemin": 1, "aria-valuemax": shape[mode]!, "aria-valuenow": ranks[mode]!, "aria-valuetext": `${ranks[mode]} of ${shape[mode]}` };
      for (const [name, value] of Object.entries(said)) handle.setAttribute(name, String(value));
    });
  }

  private handle(mode: number): SVGGElement {
    const place = [{ x: -12, y: -2, "text-anchor": "end" }, { x: 0, y: 21, "text-anchor": "middle" }, { x: 12, y: 3, "text-anchor": "start" }][mode]!;
    const texts = [svg("text", place), svg("text", { ...place, y: place.y + 12, class: "wb-tick" })];
    const handle = svg("g", { class: "wb-handle", role: "slider", tabindex: 0, "data-mode": mode }, svg("circle", { class: "wb-grip", r: 13 }), svg("circle", { r: 7 }), ...texts);
    handle.setAttribute("aria-orientation", mode === 0 ? "vertical" : "horizontal");
    const { signal } = this;
    handle.addEventListener("keydown", (event) => this.onKey(event, mode), { signal });
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      handle.focus({ preventScroll: true });
    }, { signal });
    handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && this.onDrag(event, mode), { signal });
    return handle;
  }

  private onDrag(event: PointerEvent, mode: number): void {
    const box = this.drawing.getBoundingClientRect();
    const { from, along } = this.tracks[mode]!;
    const [x, y] = [event.clientX - box.left - from.x, event.clientY - box.top - from.y];
    const part = (x * along.x + y * along.y) / (along.x ** 2 + along.y ** 2);
    this.set(mode, Math.round(part * this.current!.shape[mode]!), false);
  }

  private onKey(event: KeyboardEvent, mode: number): void {
    const move = MOVES[event.key];
    if (!move || !this.current || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.set(mode, move(this.current.ranks[mode]!, this.current.shape[mode]!), true);
  }

  private set(mode: number, wanted: number, atOnce: boolean): void {
    const { ranks, shape } = this.current!;
    const rank = Math.min(shape[mode]!, Math.max(1, wanted));
    if (rank !== ranks[mode]) this.drag(ranks.map((each, at) => (at === mode ? rank : each)), atOnce);
  }
}

/** The edges upwards, to the right and backwards; the last is none where there are two modes. */
function edges(shape: number[], width: number): [Point, Point, Point] {
  const most = Math.log2(1 + Math.max(...shape));
  const room = Math.min(1, (width - LEFT - RIGHT) / (SIDES[1]! + DEPTH.x * SIDES[2]!));
  const long = SIDES.map((side, mode) => (mode < shape.length ? (mode ? room : Math.max(0.7, room)) * side * (0.35 + (0.65 * Math.log2(1 + shape[mode]!)) / most) : 0));
  return [{ x: 0, y: -long[0]! }, { x: long[1]!, y: 0 }, { x: DEPTH.x * long[2]!, y: DEPTH.y * long[2]! }];
}

/** What is seen of a block: its front, its top and its right side. */
function faces(corner: Point, up: Point, right: Point, back: Point): string[] {
  const top = plus(corner, up);
  const side = plus(corner, right);
  const far = plus(top, right);
  return [path(corner, top, far, side), path(top, plus(top, back), plus(far, back), far), path(side, far, plus(far, back), plus(side, back))];
}
