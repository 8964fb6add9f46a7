/** Errors that are known without asking: at the very ranks, or at the nearest below. */

import { type Rule, tuckerParameters, useful } from "./ranks";
import type { Fit, Grid, Name } from "./state";

/** An error; `of` is the rank that it is of, where that is not the rank looked at. */
export interface Near {
  value: number;
  how: string;
  of: number[] | null;
}

export function nearFit(fits: Fit[], rank: number[]): Near | null {
  const exact = fits.find((fit) => fit.rank.join() === rank.join());
  if (exact) return { value: exact.error, how: `of the tensor, by ${exact.how}`, of: null };
  const below = fits.filter((fit) => fit.rank.every((r, at) => r <= rank[at]!)).at(-1);
  return below ? { value: below.error, how: `of the tensor, by ${below.how}`, of: below.rank } : null;
}

/** Tucker's error; that of a contraction layer at its ranks, and of a regression layer whose weight is studied. */
export function nearTucker(name: Name, ranks: number[], { shape, role }: Rule, grid: Grid | null): Near | null {
  if (!grid || (name === "trl" && role === "activation")) return null;
  const contracted = role === "weight" ? [shape[0]!, ...ranks.slice(1)] : ranks;
  const wanted = name === "tcl" ? contracted : useful(ranks);
  const places = wanted.map((rank, mode) => grid.ranks[mode]!.filter((each) => each <= rank).length - 1);
  const value = grid.errors[places.reduce((at, place, mode) => at * grid.ranks[mode]!.length + place, 0)]!;
  const of = places.map((place, mode) => grid.ranks[mode]![place]!);
  const exact = of.every((rank, mode) => rank === wanted[mode] || rank === grid.ranks[mode]!.at(-1));
  return { value, how: `of the tensor, by HOSVD of ranks ${of.join(", ")}`, of: exact ? null : of };
}

/** What Tucker loses at best by what it takes: of all ranks of the grid those that no other betters in both. */
export function tuckerLine(shape: number[], grid: Grid): { parameters: number; error: number }[] {
  const all = grid.errors.map((error, at) => {
    let rest = at;
    const rank = grid.ranks.map(() => 0);
    for (let mode = rank.length - 1; mode >= 0; mode -= 1) {
      rank[mode] = grid.ranks[mode]![rest % grid.ranks[mode]!.length]!;
      rest = Math.floor(rest / grid.ranks[mode]!.length);
    }
    return { parameters: tuckerParameters(shape, rank), error };
  });
  all.sort((a, b) => a.parameters - b.parameters || a.error - b.error);
  let least = Infinity;
  return all.filter(({ error }) => error < least && (least = error) >= 0);
}
