/**
 * What can be bought: every plan found, by the feature maps it has at its peak and the work it does again. What the
 * caller holds is left out, because it is the same for all. Choosing a plan applies it.
 * What was published about this very network stands on the axis of bytes, hollow.
 * Where a plan was measured, a filled mark stands at the memory it took, tied to the prediction.
 */

import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { axes, byteTicks, type Frame, powers } from "../shared/axes";
import { svg } from "../shared/element";
import { comesBack } from "../shared/focus";
import { threeDigits, write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { PlotPane } from "../shared/plot_pane";
import type { Picture, Published, State } from "./state";
import { publishedMark, strategyMark } from "./symbols";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [34, 24, 16, 34, 260];
const PEAK = "peak bytes"; // the name of the figures measured that the axis has a place for

type Across = ReturnType<typeof scaleLog<number>>;
type Up = ReturnType<typeof scaleLinear<number>>;

const maps = (plan: Picture, peak = plan.peak): number => Math.max(1, peak - plan.held);

export function explainPoint(plan: Picture): string {
  return `${plan.strategy}: peak ${write(plan.peak, "B")}, ${threeDigits(plan.forwards)} extra forwards, predicted`;
}

export class FrontPane extends PlotPane<State> {
  private readonly list: Listbox;

  constructor(apply: (index: number) => void, say: (sentence: string) => void, signal: AbortSignal) {
    super({ class: "wb-front", "aria-label": "Plans by peak bytes and recomputed work: Enter applies one" }, "No plan has been found yet.", signal);
    this.list = new Listbox(this.drawing, apply, signal, false);
    this.root.addEventListener("focusin", (event) => {
      const plan = this.current?.plans[Number((event.target as SVGElement).dataset.value)];
      if (plan && !comesBack()) say(`${explainPoint(plan)}. Enter applies it.`);
    }, { signal });
  }

  protected shown({ plans, measured, published }: State): unknown[] | null {
    return plans.length ? [plans, measured, published] : null;
  }

  protected draw(state: State, width: number): void {
    const [x, y] = scales(state, width);
    const order = [...state.plans.keys()].sort((a, b) => state.plans[a]!.peak - state.plans[b]!.peak);
    const options = order.map((index) => drawPoint(state, index, x, y));
    this.size(width, HEIGHT);
    this.drawing.replaceChildren(
      svg("g", { "aria-hidden": "true" }, ...frame(x, y, width), ...curves(state, x, y), ...measured(state, x, y), ...published(state, x)),
      ...options,
    );
    this.list.setOptions(options);
  }

  protected override mark(state: State, width: number): void {
    if (state.now) this.list.select(state.now.index);
    this.drawing.querySelector(".wb-budget")?.remove();
    if (state.budget !== null) this.drawing.prepend(this.budget(state, width));
  }

  private budget(state: State, width: number): SVGElement {
    const x = scales(state, width)[0](maps(state.plans[0]!, state.budget!));
    return svg("path", { class: "wb-budget", d: x > width || x < LEFT ? "" : `M${x} ${TOP}V${HEIGHT - BOTTOM}`, "aria-hidden": "true" });
  }
}

function peakMeasured(state: State, index: number): number[] {
  return (state.measured[String(index)] ?? []).filter(({ name, kind }) => name.startsWith(PEAK) && kind === "measured").map(({ value }) => value);
}

function scales(state: State, width: number): [Across, Up] {
  const sizes = state.plans.flatMap((plan, index) => [plan.peak, ...peakMeasured(state, index)].map((peak) => maps(plan, peak)));
  sizes.push(...claimed(state).map(({ bytes }) => bytes));
  const most = Math.max(0.1, ...state.plans.map((plan) => plan.forwards));
  return [
    scaleLog([Math.min(...sizes) / 1.1, Math.max(...sizes) * 1.1], [LEFT, width - RIGHT]).base(2),
    scaleLinear([0, most * 1.08], [HEIGHT - BOTTOM, TOP]),
  ];
}

function frame(x: Across, y: Up, width: number): SVGElement[] {
  const box: Frame = { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM, width, height: HEIGHT };
  const up = y.ticks(4).map((tick) => ({ at: y(tick), text: String(tick) }));
  return [
    ...axes(box, byteTicks(powers(x.domain() as [number, number], 5), x), up, "feature maps and workspace (logarithmic)"),
    svg("text", { class: "wb-tick", x: LEFT + 5, y: TOP - 4 }, "extra forwards"),
  ];
}

function curves(state: State, x: Across, y: Up): SVGElement[] {
  return state.strategies.map((strategy) => {
    const own = state.plans.filter((plan) => plan.strategy === strategy).sort((a, b) => a.peak - b.peak);
    return svg("path", { class: "wb-curve", d: line<Picture>((plan) => x(maps(plan)), (plan) => y(plan.forwards))(own) ?? "" });
  });
}

function measured(state: State, x: Across, y: Up): SVGElement[] {
  return state.plans.flatMap((plan, index) =>
    peakMeasured(state, index).flatMap((peak) => [
      svg("path", { class: "wb-tie", d: `M${x(maps(plan))} ${y(plan.forwards)}H${x(maps(plan, peak))}` }),
      svg("circle", { class: "wb-measured", cx: x(maps(plan, peak)), cy: y(plan.forwards), r: 4 }),
    ]),
  );
}

/** Published figures say how many bytes, seldom how much is computed again: they stand on the axis of bytes. */
const published = (state: State, x: Across): SVGElement[] => claimed(state).map((each) => publishedMark(each, x(each.bytes), HEIGHT - BOTTOM));

const claimed = (state: State): Published[] => state.published.filter(({ same }) => same);

function drawPoint(state: State, index: number, x: Across, y: Up): SVGElement {
  const plan = state.plans[index]!;
  const label = explainPoint(plan);
  return svg(
    "g",
    { class: "wb-point", transform: `translate(${x(maps(plan))} ${y(plan.forwards)})`, "data-value": index, "data-key": `${plan.strategy} ${plan.peak} ${plan.recomputed}`, "aria-label": label },
    svg("title", {}, label),
    svg("circle", { class: "wb-halo", r: 11 }),
    strategyMark(state.strategies, plan.strategy),
  );
}
