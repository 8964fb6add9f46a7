/** Puts the grammar's colours on an element as CSS variables, so that style sheets choose by theme. */

import grammar from "../../../workbench/viz/grammar.json";

export type Phase = keyof typeof grammar.phases;

export const phases = grammar.phases;

export function applyPalette(root: HTMLElement): void {
  for (const [phase, { buffer }] of Object.entries(grammar.phases)) {
    const colour = grammar.buffers[buffer as keyof typeof grammar.buffers];
    root.style.setProperty(`--wb-${phase}-light`, colour.light);
    root.style.setProperty(`--wb-${phase}-dark`, colour.dark);
  }
}
