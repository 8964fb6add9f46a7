/** The errors that are known by the numbers that they take: measured, so solid; the ranks looked at stand out. */

import { scaleLinear, scaleLog } from "d3-scale";
import { line, symbol, symbolCircle, symbolDiamond, symbolSquare } from "d3-shape";
import { axes } from "../shared/axes";
import { svg } from "../shared/element";
import { write } from "../shared/format";
import { PlotPane } from "../shared/plot_pane";
import { tuckerLine } from "./errors";
import { elements } from "./sentence";
import { figure, type Shown, type State } from "./state";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [34, 12, 12, 34, 200];
export const SHAPES = { cp: symbolCircle, tucker: symbolDiamond, tt: symbolSquare };
type Form = keyof typeof SHAPES;

interface Dot {
  parameters: number;
  error: number;
}

export const errorMark = (form: Form, size = 40): SVGPathElement => svg("path", { class: "wb-dot", d: symbol(SHAPES[form], size)() });

export class ErrorsPane extends PlotPane<State> {
  private lines: Record<Form, Dot[]> = { cp: [], tucker: [], tt: [] };
  private readonly ground = svg("g", { "aria-hidden": "true" });
  private readonly here = svg("g", { "aria-hidden": "true" });

  constructor(missing: string, signal: AbortSignal) {
    super({ class: "wb-errors", role: "img" }, missing, signal);
    this.drawing.append(this.ground, this.here);
  }

  /** What stands here while no error is known. */
  set waiting(text: string) {
    this.empty.textContent = text;
  }

  protected shown({ grid, fits }: State): unknown[] | null {
    return grid && [grid, fits];
  }

  protected draw(state: State, width: number): void {
    const { grid, fits, shape } = state;
    this.lines = { tucker: tuckerLine(shape, grid!), cp: fits.cp ?? [], tt: fits.tt ?? [] };
    const [x, y] = this.scales(state, width);
    this.size(width, HEIGHT);
    const frame = { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM, width, height: HEIGHT };
    const across = [...new Set(x.ticks(4).filter((tick) => /^[13]/.test(String(tick))))].map((tick) => ({ at: x(tick), text: elements(tick).replace(/\.0+ /, " ") }));
    const up = y.ticks(4).map((tick) => ({ at: y(tick), text: String(tick) }));
    const drawn = (Object.keys(this.lines) as Form[]).flatMap((form) => {
      const dots = this.lines[form].filter(({ parameters }) => parameters <= x.domain()[1]!);
      const path = svg("path", { class: "wb-lost", d: line<Dot>((dot) => x(dot.parameters), (dot) => y(dot.error))(dots) ?? "" });
      return [path, ...(form === "tucker" ? [] : dots.map((dot) => placed(errorMark(form, 26), x(dot.parameters), y(dot.error))))];
    });
    this.ground.replaceChildren(...axes(frame, across, up, "parameters (logarithmic)"), ...drawn);
  }

  protected override mark(state: State, width: number): void {
    const [x, y] = this.scales(state, width);
    const formats = state.shown.filter(({ variant }) => variant.name in SHAPES);
    const known = formats.filter(({ error }) => error);
    this.here.replaceChildren(
      ...known.map((shown) => {
        const mark = placed(errorMark(shown.variant.name as Form, 70), x(figure(shown, "parameters")!.value), y(shown.error!.value));
        mark.classList.add("wb-here");
        mark.classList.toggle("wb-chosen", shown === state.now);
        return mark;
      }),
    );
    const said = known.map(({ variant, error }: Shown) => `${variant.title} ${write(error!.value, "1")}`).join(", ");
    this.drawing.setAttribute("aria-label", `Relative error by parameters, measured: ${said || "none known"}`);
  }

  private scales({ shape, shown }: State, width: number) {
    const all = Object.values(this.lines).flat();
    const most = shape.reduce((product, n) => product * n, 1);
    const held = shown.filter(({ variant }) => variant.name in SHAPES).map((each) => figure(each, "parameters")!.value);
    const least = Math.min(...all.map(({ parameters }) => parameters), ...held);
    const worst = Math.max(0.01, ...all.map(({ error }) => error));
    return [scaleLog([least / 1.1, Math.max(most, ...held) * 1.1], [LEFT, width - RIGHT]), scaleLinear([0, worst * 1.05], [HEIGHT - BOTTOM, TOP])] as const;
  }
}

function placed(mark: SVGPathElement, x: number, y: number): SVGPathElement {
  mark.setAttribute("transform", `translate(${x} ${y})`);
  return mark;
}
