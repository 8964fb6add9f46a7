/** What the kernel sends, and what every pane wants to know of it at the present tick. */

import type { AnyModel } from "@anywidget/types";
import type { SharedTraits } from "../shared/explorer_view";
import type { Quantity } from "../shared/quantity";

export type Kind = "threaded" | "naive";

export const KINDS: Kind[] = ["naive", "threaded"];

export interface Operation {
  name: string;
  device: string;
  reads: string[];
  writes: string[];
  /** What it uses and does not say so. */
  forgotten: string[];
  source: string;
}

export interface Edge {
  first: number;
  second: number;
  kind: string;
  variable: string;
}

/** An operation in a queue, whether it writes, and whether its turn has come there. */
export type Place = [number, boolean, boolean];

export interface Frame {
  pushed: number;
  done: number[];
  running: number[];
  ready: number[];
  queues: Record<string, Place[]>;
}

export interface Race {
  /** Null for a wait. */
  first: number | null;
  second: number | null;
  names: [string, string];
  difference: string;
}

export interface TraceEvent {
  operation: number;
  device: string;
  thread: string;
  start_s: number;
  end_s: number;
}

export interface Run {
  traces: Record<Kind, TraceEvent[]>;
  figures: Quantity[];
}

export type Pushed = [string, string[], string[], string];

export interface Traits extends SharedTraits {
  own: boolean;
  devices: number;
  steps: number;
  pushed: Pushed[];
  undeclared: [string, string][];
  operations: Operation[];
  edges: Edge[];
  variables: string[];
  frames: Record<Kind, Frame[]>;
  predicted: Quantity[];
  checked: boolean;
  races: Race[];
  arguments: string;
  runs: Run | Record<string, never>;
  engine: Kind;
  tick: number;
  operation: number;
}

export interface State {
  operations: Operation[];
  edges: Edge[];
  variables: string[];
  devices: string[];
  frames: Record<Kind, Frame[]>;
  frame: Frame;
  engine: Kind;
  tick: number;
  last: number;
  operation: number;
  checked: boolean;
  races: Race[];
  run: Run | undefined;
}

export function readState(model: AnyModel<Traits>): State {
  const [operations, frames, engine, runs] = [model.get("operations"), model.get("frames"), model.get("engine"), model.get("runs")];
  const [last, tick] = [frames[engine].length - 1, Math.min(model.get("tick"), frames[engine].length - 1)];
  return {
    operations,
    edges: model.get("edges"),
    variables: model.get("variables"),
    devices: [...new Set(operations.map(({ device }) => device))].sort(),
    frames,
    frame: frames[engine][tick]!,
    engine,
    tick,
    last,
    operation: model.get("operation"),
    checked: model.get("checked"),
    races: model.get("races"),
    run: "traces" in runs ? (runs as Run) : undefined,
  };
}

export type Phase = "done" | "running" | "ready" | "waiting" | "later";

/** Where an operation is at the present tick. */
export function phaseOf({ frame }: State, operation: number): Phase {
  if (frame.done.includes(operation)) return "done";
  if (frame.running.includes(operation)) return "running";
  if (frame.ready.includes(operation)) return "ready";
  return operation < frame.pushed ? "waiting" : "later";
}

export const PHASES: Record<Phase, { glyph: string; says: string }> = {
  later: { glyph: "·", says: "not pushed yet" },
  waiting: { glyph: "⋯", says: "waits in a queue" },
  ready: { glyph: "○", says: "can start" },
  running: { glyph: "▶", says: "runs" },
  done: { glyph: "✓", says: "has finished" },
};

/** A device's number: its colour. */
export const numberOf = (device: string): number => Number(/\d+/.exec(device)?.[0] ?? 0);

/** The name without the device, where that is said anyway. */
export function shortName({ name, device }: Operation): string {
  return name.endsWith(` ${device}`) ? name.slice(0, -device.length - 1).replace(/ (on|to|of)$/, "") : name;
}
