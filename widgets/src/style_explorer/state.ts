/** What the kernel sends, and what every pane wants to know of it at the present cut. */

import type { AnyModel } from "@anywidget/types";
import type { SharedTraits } from "../shared/explorer_view";
import type { Phase } from "../shared/palette";
import type { Quantity } from "../shared/quantity";

export interface Operation {
  id: number;
  name: string;
  op: string;
  phase: Phase;
  inputs: number[];
  args?: string[];
  shape: number[];
  dtype: string;
  bytes: number;
  flops: number | null;
  line: number;
  source: string;
  fate: "kept" | "removed" | "merged" | "folded";
  fate_note: string;
}

export interface Level {
  label: string;
  segments: number[][];
  visible: number[];
  figures: Quantity[];
  call: string;
}

export interface TraceEvent {
  segment: number;
  start_s: number;
  duration_s: number;
  bytes_in: number;
  bytes_out: number;
  flops: number;
}

export interface Run {
  trace: TraceEvent[];
  figures: Quantity[];
}

export interface Traits extends SharedTraits {
  nodes: Operation[];
  code: string[];
  levels: Level[];
  cut: number;
  step: number;
  auto: boolean;
  runs: Record<string, Run>;
}

/** A cut, with the measurement made at it, if any. */
export interface Cut extends Level {
  place: number;
  run: Run | undefined;
}

export interface State {
  nodes: Operation[];
  code: string[];
  now: Cut;
  before: Cut | null;
  step: number;
  /** Index of the segment an operation runs in; an operation the optimiser dropped is in none. */
  home: Map<number, number>;
  visible: Set<number>;
}

export function readState(model: AnyModel<Traits>, before: number | null): State {
  const [levels, runs] = [model.get("levels"), model.get("runs")];
  const cutAt = (place: number): Cut => ({ ...levels[place]!, place, run: runs[String(place)] });
  const now = cutAt(model.get("cut"));
  return {
    nodes: model.get("nodes"),
    code: model.get("code"),
    now,
    before: before === null ? null : cutAt(before),
    step: model.get("step"),
    home: new Map(now.segments.flatMap((ids, index) => ids.map((id) => [id, index]))),
    visible: new Set(now.visible),
  };
}

export const isDropped = (state: State, node: Operation): boolean => !state.home.has(node.id);
