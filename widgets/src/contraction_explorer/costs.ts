/**
 * What a contraction tree costs at given sizes: the same counts as `workbench/contraction/tree.py`, so that ranks can be
 * dragged without asking the kernel.
 */

export type Sizes = Record<string, number>;

export interface Tree {
  parts: [string, number][];
  steps: { operands: number[]; result: string; sliced: boolean }[];
}

export interface StepCost {
  summed: string;
  size: number;
  flops: number;
  times: number;
}

export interface Costs {
  /** The letters of every tensor: those given, then the results. */
  terms: string[];
  steps: StepCost[];
  flops: number;
  largest: number;
  slices: number;
}

export const product = (numbers: number[]): number => numbers.reduce((all, each) => all * each, 1);

export function costs({ inputs, output }: { inputs: string[]; output: string }, tree: Tree, sizes: Sizes): Costs {
  const parts = new Map(tree.parts);
  const size = (letters: string): number => product([...letters].map((letter) => Math.ceil(sizes[letter]! / (parts.get(letter) ?? 1))));
  const slices = product([...parts.values()]);
  const terms = [...inputs, ...tree.steps.map(({ result }) => result)];
  const steps = tree.steps.map(({ operands, result, sliced }): StepCost => {
    const indices = [...new Set(operands.flatMap((operand) => [...terms[operand]!]))].join("");
    const summed = [...indices].filter((letter) => !result.includes(letter)).join("");
    const atPoint = operands.length - 1 + Number(size(summed) > 1);
    return { summed, size: size(result), flops: atPoint * size(indices), times: sliced ? slices : 1 };
  });
  const adding = tree.parts.some(([letter]) => !output.includes(letter));
  const added = adding ? slices * product([...output].map((letter) => sizes[letter]!)) : 0;
  return {
    terms,
    steps,
    slices,
    flops: steps.reduce((sum, step) => sum + step.flops * step.times, added),
    largest: Math.max(0, ...steps.slice(0, -1).map((step) => step.size)),
  };
}
