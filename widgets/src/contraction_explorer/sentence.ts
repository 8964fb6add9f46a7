/** The sentences under the picture: what the selected way, order, step or point is, and what it costs. */

import { write } from "../shared/format";
import type { Quantity } from "../shared/quantity";
import { figure, type Published, type Shown, type State, ORDERS } from "./state";

const times = (numbers: number[]): string => numbers.join(" × ");
/** A number of elements, short enough for a label. */
export const elements = (size: number): string => (size < 1e5 ? size.toLocaleString("en") : write(size, "FLOP").replace("FLOP", "").trim());
const count = (value: number): string => value.toLocaleString("en");

export const letters = (shown: Shown, term: string): string => [...term].map((letter) => shown.sizes[letter]).join(" × ") || "a number";

export function explainVariant({ now, shape, role, ranks }: State): string {
  const held = figure(now, "parameters")!.value;
  const price = `${count(held)} numbers in place of the ${count(now.variant.original)} of ${now.variant.replaces} (predicted).`;
  const inside = role === "weight" ? shape.slice(1) : shape;
  switch (now.variant.name) {
    case "tcl":
      return `A tensor contraction layer makes ${times(inside)} into ${times(now.rank)}, a matrix a mode, and leaves the dense layer behind it that many inputs: ${price}`;
    case "trl":
      return `A tensor regression layer holds the dense weight as Tucker factors of rank ${times(now.rank)} and never forms it: ${price}`;
    case "cp":
      return `CP is a sum of ${now.rank[0]} outer products, the most that take no more numbers than Tucker at ranks ${times(ranks)}: ${price}`;
    case "tucker":
      return `Tucker is a core of ${times(now.rank)} with a matrix a mode: ${price}`;
    case "tt":
      return `A tensor train is a core a mode, joined by bonds of ${now.rank.join(" and ")}, the largest that take no more numbers than Tucker: ${price}`;
  }
}

export function explainError({ variant, error, rank }: Shown): string {
  if (!error) return variant.name === "trl" ? "TRL has no error here: its weight is learned, so there is nothing to compare it with." : "This error is not known yet.";
  const of = error.of ? `; that of rank ${rank.join(" × ")} is not known yet, this is of rank ${error.of.join(" × ")}` : "";
  const what = variant.name === "tcl" ? "What the contraction loses" : "What the reconstruction lacks";
  return `${what}: ${write(error.value, "1")} of the norm, measured ${error.how}${of}.`;
}

export function explainOrder({ now, order, limit }: State, before: Quantity | undefined): string {
  const work = figure(now, "work");
  const name = order === "limited" ? `within ${write(100 * limit, "%")} of the cheapest order's temporary memory` : ORDERS[order];
  if (now.tree === undefined) return `${now.variant.title}, ${name}: such an order is being looked for.`;
  if (!work || !now.costs) return `${now.variant.title}, ${name}: no slice is small enough to keep to this limit.`;
  const slices = now.costs.slices > 1 ? `, in ${count(now.costs.slices)} slices one after the other` : "";
  const change = before && before.value !== work.value ? `${write(before.value, "FLOP")} before, now ` : "";
  return `${now.variant.title}, ${name}: ${change}${write(work.value, "FLOP")}, largest intermediate ${write(4 * now.costs.largest, "B")}${slices} (predicted).`;
}

export function explainStep({ now, step }: State): string {
  const cost = now.costs?.steps[step - 1];
  if (!cost || !now.tree) return "Nothing is contracted yet: the given tensors stand on top.";
  const { operands, result } = now.tree.steps[step - 1]!;
  const terms = operands.map((operand) => `${now.costs!.terms[operand]} (${letters(now, now.costs!.terms[operand]!)})`).join(" and ");
  const sum = cost.summed ? ` and sums over ${[...cost.summed].join(", ")}` : "";
  const often = cost.times > 1 ? `, ${count(cost.times)} times` : "";
  return `Step ${step} of ${now.tree.steps.length} multiplies ${terms}${sum}: ${write(cost.flops, "FLOP")}${often}, and ${result} of ${count(cost.size)} elements, ${write(4 * cost.size, "B")}, comes out (predicted).`;
}

export const explainPublished = ({ network, row, value, how }: Published): string => `${network}, ${row}: ${value} % of the parameters saved, published: ${how}.`;

export function explainRefusal({ variant }: Shown): string {
  return `${variant.title} was not run in this order: it takes more than 1 GFLOP or 1 GiB (predicted).`;
}
