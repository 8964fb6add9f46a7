/** The rank that each way has at the ranks of the block: the same rules as `workbench/tensor/variants.py`. */

import { product } from "./costs";
import type { Name, Traits } from "./state";

export type Rule = Pick<Traits, "shape" | "role" | "outputs" | "ladders">;

/** Tucker's ranks, the largest cut to the product of the others. */
export const useful = (ranks: number[]): number[] => ranks.map((rank, at) => Math.min(rank, product(ranks.filter((_, other) => other !== at))));

export function tuckerParameters(shape: number[], rank: number[]): number {
  return product(rank) + rank.reduce((sum, r, at) => sum + r * shape[at]!, 0);
}

export function rankOf(name: Name, ranks: number[], { shape, role, outputs, ladders }: Rule): number[] {
  const inside = role === "weight" ? ranks.slice(1) : ranks;
  if (name === "tcl") return inside;
  if (name === "trl") return useful([...inside, role === "weight" ? ranks[0]! : Math.min(outputs, product(ranks))]);
  if (name === "tucker") return useful(ranks);
  const budget = tuckerParameters(shape, useful(ranks));
  const rungs = ladders[name];
  const above = rungs.findIndex(([parameters]) => parameters! > budget);
  return rungs[Math.max(0, (above < 0 ? rungs.length : above) - 1)]!.slice(1);
}
