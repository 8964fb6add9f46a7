/** The one sentence under the picture: what the selected thing is, and what a debugger would see of it. */

import { plural, write } from "../shared/format";
import { isDropped, type Operation, type State } from "./state";

export function explainOperation(state: State, node: Operation): string {
  const size = `${node.dtype} ${node.shape.join("×") || "scalar"}, ${write(node.bytes, "B")}`;
  const place = node.source && `, called at ${node.source}`;
  return `${node.name} (${node.op}: ${size}${place}) ${sight(state, node)}`;
}

/** For a list of options: short, because a screen reader says it at every step. */
export function labelOperation(state: State, node: Operation): string {
  if (isDropped(state, node)) return `${node.name}, ${node.fate} by the optimiser`;
  const seen = state.visible.has(node.id) ? "visible" : "not visible";
  return `${node.name}, ${node.op}, segment ${state.home.get(node.id)! + 1}, ${seen} to a print`;
}

export function explainSegment(state: State, index: number): string {
  const ids = state.now.segments[index]!;
  const names = ids.map((id) => state.nodes[id]!.name);
  const span = names.length > 1 ? `${names[0]} to ${names.at(-1)}` : names[0];
  const event = state.now.run?.trace.find((each) => each.segment === index);
  const cost = event
    ? `ran ${write(event.duration_s, "s")}, read ${write(event.bytes_in, "B")}, ` +
      `wrote ${write(event.bytes_out, "B")} for ${write(event.flops, "FLOP")}, as XLA compiled it (measured)`
    : "has not been measured at this cut";
  return `Segment ${index + 1}, ${plural(ids.length, "op")}, ${span}, ${cost}.`;
}

function sight(state: State, node: Operation): string {
  if (isDropped(state, node)) {
    return `was ${node.fate} by the optimiser: ${node.fate_note}. Nothing is left to print.`;
  }
  const index = state.home.get(node.id)!;
  const segment = state.now.segments[index]!;
  if (segment.length === 1) {
    return `is segment ${index + 1} by itself: a print or a breakpoint right after it sees its value.`;
  }
  if (state.visible.has(node.id)) {
    return `is handed out by segment ${index + 1}: a print sees it once all ${segment.length} ops have run.`;
  }
  return `lives and dies inside segment ${index + 1}: no print or breakpoint can see it. ${nextVisible(state, node)}`;
}

function nextVisible(state: State, node: Operation): string {
  const next = state.nodes.find((each) => each.id > node.id && state.visible.has(each.id));
  return next ? `The next value you can read is ${next.name}.` : "No later value can be read in this step.";
}
