/**
 * Where operations stand: in the column of their device, in the row of the tick at which the threaded engine runs them
 * if all take equally long. So a row is what runs at once, and a dependency always points down.
 */

import type { State } from "./state";

export interface Spot {
  x: number;
  y: number;
}

export interface Lanes {
  width: number;
  height: number;
  spots: Map<number, Spot>;
  columns: { device: string; x: number; width: number }[];
}

export const NODE = { width: 100, height: 24 };
const [GAP, ROW, LANE, HEAD, MARGIN] = [6, 46, 16, 26, 6];

export function layOut({ operations, devices, frames }: State): Lanes {
  const rows = frames.threaded.map(({ running }) => devices.map((device) => running.filter((each) => operations[each]!.device === device)));
  const abreast = devices.map((_, lane) => Math.max(1, ...rows.map((row) => row[lane]!.length)));
  const columns: Lanes["columns"] = [];
  let x = MARGIN;
  devices.forEach((device, lane) => {
    const width = abreast[lane]! * (NODE.width + GAP) + LANE - GAP;
    columns.push({ device, x, width });
    x += width + GAP;
  });
  const spots = new Map<number, Spot>();
  rows.forEach((row, tick) => {
    row.forEach((running, lane) => {
      const { x: left, width } = columns[lane]!;
      const start = left + (width - running.length * (NODE.width + GAP) + GAP) / 2;
      running.forEach((operation, at) => spots.set(operation, { x: start + at * (NODE.width + GAP), y: HEAD + (tick - 1) * ROW + MARGIN }));
    });
  });
  return { width: x - GAP + MARGIN, height: HEAD + Math.max(1, frames.threaded.length - 2) * ROW + MARGIN, spots, columns };
}

/** From the foot of one to the head of the other, around what stands between them; and where the tip of an arrow goes. */
export function wire(from: Spot, to: Spot): { line: string; tip: string } {
  const [x1, y1, x2, y2] = [from.x + NODE.width / 2, from.y + NODE.height, to.x + NODE.width / 2, to.y];
  const far = y2 - y1 > ROW;
  const out = far && Math.abs(x1 - x2) < NODE.width / 2 ? (NODE.width / 2 + 12) * (x1 <= x2 ? 1 : -1) : 0;
  const bend = Math.max(12, (y2 - y1) * 0.45);
  const turn = (Math.atan2(bend, -1.3 * out) * 180) / Math.PI;
  return {
    line: `M${x1} ${y1}C${x1 + 1.3 * out} ${y1 + bend} ${x2 + 1.3 * out} ${y2 - bend} ${x2} ${y2}`,
    tip: `translate(${x2} ${y2}) rotate(${turn.toFixed(1)})`,
  };
}
