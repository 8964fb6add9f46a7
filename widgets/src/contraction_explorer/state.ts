/** What the kernel sends, and what every pane wants to know of it at the present ranks, order and way. */

import type { AnyModel } from "@anywidget/types";
import type { SharedTraits } from "../shared/explorer_view";
import type { Quantity } from "../shared/quantity";
import { type Costs, costs, type Sizes, type Tree } from "./costs";
import { type Near, nearFit, nearTucker } from "./errors";
import { rankOf } from "./ranks";

export type Name = "tcl" | "trl" | "cp" | "tucker" | "tt";
export type Order = "left_to_right" | "best" | "greedy" | "limited";

export const ORDERS: Record<Order, string> = {
  left_to_right: "as written",
  best: "cheapest",
  greedy: "greedy",
  limited: "within a memory limit",
};

export interface Variant {
  name: Name;
  title: string;
  rank: number[];
  operands: string[];
  inputs: string[];
  output: string;
  sizes: Sizes;
  replaces: string;
  original: number;
  trees: Partial<Record<Order, Tree | null>>;
  figures: Quantity[];
}

/** The kernel's answer for the ranks that it last heard of. */
export interface Found {
  key: string;
  ranks: number[];
  outputs: number;
  batch: number;
  order: Order;
  limit: number;
  errors: Partial<Record<Name, Quantity | null>>;
  variants: Variant[];
}

export interface Fit {
  rank: number[];
  parameters: number;
  error: number;
  how: string;
}

export interface Grid {
  ranks: number[][];
  errors: number[];
}

export interface Published extends Quantity {
  variant: Name;
  network: string;
  row: string;
}

export interface Pictures {
  size: [number, number];
  before: DataView;
  after: DataView;
}

export interface Traits extends SharedTraits {
  arguments: string;
  studies: Record<string, string>;
  study: string;
  shape: number[];
  modes: string[];
  role: "activation" | "weight";
  says: string;
  missing: string;
  ranks: number[];
  outputs: number;
  batch: number;
  variant: Name;
  order: Order;
  limit: number;
  found: Found;
  ladders: Record<"cp" | "tt", number[][]>;
  grid: Grid | Record<string, never>;
  fits: Partial<Record<"cp" | "tt", Fit[]>>;
  fitted: number;
  stopped: boolean;
  pictures: Partial<Pictures>;
  published: Published[];
  runs: Record<string, Partial<Record<Name, Quantity | null>>>;
}

/** A way at the present ranks. */
export interface Shown {
  variant: Variant;
  rank: number[];
  sizes: Sizes;
  /** null where a limit can't be kept, undefined while the kernel looks for an order that keeps to it. */
  tree: Tree | null | undefined;
  costs: Costs | null;
  /** Predicted; without costs where a limit can't be kept. */
  figures: Quantity[];
  error: Near | null;
  /** undefined where it was not measured, null where that was refused. */
  time: Quantity | null | undefined;
}

export interface State {
  shape: number[];
  modes: string[];
  role: "activation" | "weight";
  ranks: number[];
  order: Order;
  limit: number;
  shown: Shown[];
  now: Shown;
  /** The step of the tree that is looked at, counted from 1; 0 before the first. */
  step: number;
  grid: Grid | null;
  fits: Traits["fits"];
  published: Published[];
  /** Whether the kernel has answered for this state: the order that is best may be another until then. */
  settled: boolean;
}

const same = (a: number[], b: number[]): boolean => a.length === b.length && a.every((each, at) => each === b[at]);

export function readState(model: AnyModel<Traits>, step: number | null): State {
  const [found, ranks, order, name] = [model.get("found"), model.get("ranks"), model.get("order"), model.get("variant")];
  const grid = model.get("grid");
  const errors = "errors" in grid ? (grid as Grid) : null;
  const heard = same(found.ranks, ranks);
  const settled = heard && (["outputs", "batch", "order", "limit"] as const).every((name) => found[name] === model.get(name));
  const times = settled ? model.get("runs")[found.key] : undefined;
  const rule = { shape: model.get("shape"), role: model.get("role"), outputs: model.get("outputs"), ladders: model.get("ladders") };
  const shown = found.variants.map((variant): Shown => {
    const rank = heard ? variant.rank : rankOf(variant.name, ranks, rule);
    const sizes = { ...variant.sizes, ...Object.fromEntries(rank.map((r, at) => ["ABCDEF"[at]!, r])) };
    const tree = variant.trees[order];
    const cost = tree ? costs(variant, tree, sizes) : null;
    const exact = heard ? found.errors[variant.name] : undefined;
    const error = variant.name === "cp" || variant.name === "tt"
      ? nearFit(model.get("fits")[variant.name] ?? [], rank)
      : exact ? { value: exact.value, how: exact.how, of: null } : nearTucker(variant.name, ranks, rule, heard ? null : errors);
    return { variant, rank, sizes, tree, costs: cost, figures: figuresAt(variant, sizes, cost), error, time: times?.[variant.name] };
  });
  const now = shown.find(({ variant }) => variant.name === name) ?? shown[0]!;
  const last = now.tree?.steps.length ?? 0;
  return {
    shape: rule.shape,
    modes: model.get("modes"),
    role: rule.role,
    ranks,
    order,
    limit: model.get("limit"),
    shown,
    now,
    step: Math.min(step ?? last, last),
    grid: errors,
    fits: model.get("fits"),
    published: model.get("published"),
    settled,
  };
}

/** The kernel's figures with the values that they have at these sizes. */
function figuresAt(variant: Variant, sizes: Sizes, cost: Costs | null): Quantity[] {
  const held = variant.inputs.filter((_, at) => variant.operands[at] !== "activation");
  const parameters = held.reduce((sum, term) => sum + [...term].reduce((product, letter) => product * sizes[letter]!, 1), 0);
  const values: Record<string, number | undefined> = {
    parameters,
    "space savings": 100 * (1 - parameters / variant.original),
    work: cost?.flops,
    "largest intermediate": cost && 4 * cost.largest || (cost ? 0 : undefined),
  };
  return variant.figures.flatMap((figure) => {
    const value = values[figure.name];
    return value === undefined ? [] : [{ ...figure, value }];
  });
}

export const figure = (shown: Shown, name: string): Quantity | undefined => shown.figures.find((each) => each.name === name);

/** An error as a figure like others. */
export function errorFigure({ error }: Shown): Quantity[] {
  return error && error.of === null ? [{ name: "relative error", value: error.value, unit: "1", kind: "measured", how: error.how, spread: null }] : [];
}
