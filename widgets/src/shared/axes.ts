/** Axes: round numbers along them, a frame, and what they count. */

import { scaleLinear } from "d3-scale";
import { svg } from "./element";
import { write } from "./format";

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  width: number;
  height: number;
}

export interface Tick {
  at: number;
  text: string;
}

/** The two axes with their ticks; `across` says what the lower one counts. */
export function axes(frame: Frame, ticksAcross: Tick[], ticksUp: Tick[], across: string): SVGElement[] {
  const { left, right, top, bottom, width, height } = frame;
  return [
    ...ticksAcross.map(({ at, text }) => svg("text", { class: "wb-tick", x: at, y: height - bottom + 14, "text-anchor": "middle" }, text)),
    ...ticksUp.map(({ at, text }) => svg("text", { class: "wb-tick", x: left - 5, y: at + 3.5, "text-anchor": "end" }, text)),
    svg("path", { class: "wb-axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }),
    svg("text", { class: "wb-tick", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, across),
  ];
}

export const span = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];

/** Ticks at numbers of bytes, where a scale puts them. */
export const byteTicks = (values: number[], scale: (bytes: number) => number): Tick[] => values.map((each) => ({ at: scale(each), text: write(each, "B") }));

/** Round numbers of the unit in which bytes are written. */
export function binaryTicks(most: number, count = 4): number[] {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, most)) / 10));
  return scaleLinear([0, most / unit], [0, 1]).ticks(count).map((tick) => tick * unit);
}

/** Round numbers of bytes on a logarithmic axis: powers of two, about `count` of them, or others where it is too short. */
export function powers([low, high]: [number, number], count: number): number[] {
  const within = (each: number): boolean => each >= low && each <= high;
  const all = Array.from({ length: 60 }, (_, power) => 2 ** power).filter(within);
  const step = Math.ceil(all.length / count) || 1;
  return all.length > 2 ? all.filter((_, at) => at % step === 0) : binaryTicks(high, 6).filter(within);
}
