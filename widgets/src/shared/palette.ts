/** Puts the grammar's colours on an element as CSS variables, so that style sheets choose by theme. */

import grammar from "../../../workbench/viz/grammar.json";

export type Phase = keyof typeof grammar.phases;
export type Buffer = keyof typeof grammar.buffers;

export const phases = grammar.phases;

export function applyPalette(root: HTMLElement): void {
  for (const [buffer, colour] of Object.entries(grammar.buffers)) {
    root.style.setProperty(`--wb-${buffer}-light`, colour.light);
    root.style.setProperty(`--wb-${buffer}-dark`, colour.dark);
  }
  grammar.devices.forEach((colour, number) => {
    root.style.setProperty(`--wb-device-${number}-light`, colour.light);
    root.style.setProperty(`--wb-device-${number}-dark`, colour.dark);
  });
}
