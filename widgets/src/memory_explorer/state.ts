/** What the kernel sends, and what every pane wants to know of it at the present strategy and budget. */

import type { AnyModel } from "@anywidget/types";
import type { SharedTraits } from "../shared/explorer_view";
import type { Costed } from "../shared/figures_pane";
import type { Buffer } from "../shared/palette";
import type { Quantity } from "../shared/quantity";

/** Bytes by kind at each place drawn. */
export type Lines = Partial<Record<Buffer, number[]>>;

export interface Picture {
  strategy: string;
  peak: number;
  held: number;
  moved: number;
  recomputed: number;
  unit: string;
  forwards: number;
  length: number;
  places: number[];
  phases: string;
  bytes: Lines;
  /** The same of the compiled programs, their own workspace included; null until they are. */
  calibrated: Lines | null;
  shades: string[];
  darkest: number;
  figures: Quantity[];
}

export interface Reading extends Array<number | string> {
  0: number;
  1: string;
}

export interface Held {
  name: string;
  bytes: number;
  fixed: boolean;
  made: number | null;
  returned: boolean;
  leaves: number | null;
  next: Reading | null;
  last: Reading | null;
  again: number;
  flops: number;
}

export interface KindAlive {
  kind: Buffer;
  count: number;
  bytes: number;
  buffers: Held[];
}

export interface Alive {
  plan: number;
  place: number;
  layer: number | null;
  operation: string;
  phase: string;
  bytes: number;
  kinds: KindAlive[];
}

export interface Grown {
  strategy: string;
  length: number;
  bytes: number;
}

/** What somebody published about a network of the same sizes. */
export interface Published {
  length: number;
  /** Whether its length is that of the network shown. */
  same: boolean;
  bytes: number;
  says: string;
}

export interface Size {
  name: string;
  label: string;
  default: number;
  low: number;
  high: number;
  choices: number[];
}

export type Families = Record<string, { label: string; sizes: Size[] }>;

export interface Traits extends SharedTraits {
  arguments: string;
  families: Families;
  family: string;
  sizes: Record<string, number>;
  strategies: string[];
  meanings: Record<string, string>;
  refused: Record<string, string>;
  layers: string[];
  ways: Record<string, string>;
  weights: Record<string, string>;
  costs: string;
  plans: Picture[];
  growth: Grown[];
  published: Published[];
  strategy: string;
  budget: number | null;
  alive: Alive | Record<string, never>;
  runs: Record<string, Quantity[]>;
  searched: number;
  stopped: boolean;
}

export const CHEAPEST = "cheapest"; // any strategy

/** A plan, with what was measured of it, if anything. */
export interface Plan extends Picture, Costed {
  index: number;
}

export interface State {
  plans: Picture[];
  strategies: string[];
  layers: string[];
  growth: Grown[];
  published: Published[];
  strategy: string;
  budget: number | null;
  searched: number;
  stopped: boolean;
  /** Whether the network is the user's own, which has no other lengths. */
  own: boolean;
  now: Plan | null;
  before: Plan | null;
  /** The place of the schedule that is looked at; null for that of the peak. */
  place: number | null;
  layer: number | null;
  measured: Record<string, Quantity[]>;
}

/** The places of the plans that a strategy can choose: the same rule as `memory_choice.py`. */
export function offered(plans: Picture[], strategy: string): number[] {
  const fits = (plan: Picture): boolean => plan.strategy === strategy || (strategy === CHEAPEST && !plan.moved);
  return plans.flatMap((plan, index) => (fits(plan) ? [index] : []));
}

/** The plan that recomputes least of those within the budget: the same rule as `memory_choice.py`. */
export function choose(plans: Picture[], strategy: string, budget: number | null): number | null {
  const own = offered(plans, strategy);
  const fitting = own.filter((index) => budget === null || plans[index]!.peak <= budget);
  const [first, second] = fitting.length ? (["recomputed", "peak"] as const) : (["peak", "recomputed"] as const);
  const order = (a: number, b: number): number =>
    plans[a]![first] - plans[b]![first] || plans[a]![second] - plans[b]![second] || a - b;
  return (fitting.length ? fitting : own).sort(order)[0] ?? null;
}

export function readState(
  model: AnyModel<Traits>,
  looked: { before: number | null; place: number | null; layer: number | null },
): State {
  const [plans, runs] = [model.get("plans"), model.get("runs")];
  const planAt = (index: number | null): Plan | null => {
    const picture = index === null ? undefined : plans[index];
    const figures = runs[String(index)];
    return picture ? { ...picture, index: index!, run: figures && { figures } } : null;
  };
  const [strategy, budget] = [model.get("strategy"), model.get("budget")];
  return {
    plans,
    strategy,
    budget,
    strategies: model.get("strategies"),
    layers: model.get("layers"),
    growth: model.get("growth"),
    published: model.get("published"),
    searched: model.get("searched"),
    stopped: model.get("stopped"),
    own: !model.get("family"),
    now: planAt(choose(plans, strategy, budget)),
    before: planAt(looked.before),
    place: looked.place,
    layer: looked.layer,
    measured: runs,
  };
}

/** Bytes by kind as well as they are known. */
export const known = (plan: Picture): Lines => plan.calibrated ?? plan.bytes;

/** Bytes of all kinds at each place drawn. */
export function totals(plan: Picture, by: Lines = known(plan)): number[] {
  const lines = Object.values(by);
  return plan.places.map((_, at) => lines.reduce((sum, line) => sum + line[at]!, 0));
}

/** The index, among the places drawn, of the one looked at: the last that is not after it. */
export function drawnAt(plan: Picture, place: number | null): number {
  if (place === null) {
    const sums = totals(plan);
    return sums.indexOf(Math.max(...sums));
  }
  const after = plan.places.findIndex((each) => each > place);
  return Math.max(0, (after < 0 ? plan.places.length : after) - 1);
}

export const PHASES: Record<string, string> = { f: "forward", r: "forward once more", b: "backward" };
