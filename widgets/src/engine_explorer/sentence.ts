/** The one sentence under the picture: why an operation waits, what a line means, what a race is. */

import { plural, write } from "../shared/format";
import { type Edge, PHASES, phaseOf, type Place, type Race, type State, type TraceEvent } from "./state";

const list = (names: string[]): string => names.join(", ") || "nothing";

export function labelOperation(state: State, operation: number): string {
  const { name, device } = state.operations[operation]!;
  return `${name}, on ${device}, ${PHASES[phaseOf(state, operation)].says}`;
}

export function explainOperation(state: State, operation: number): string {
  const { name, device, reads, writes, forgotten, source } = state.operations[operation]!;
  const hidden = forgotten.length ? `; it uses ${list(forgotten)} too and does not say so` : "";
  const pushed = source && `, pushed at ${source}`;
  return `${name} on ${device}${pushed} reads ${list(reads)} and writes ${list(writes)}${hidden}. ${why(state, operation)}`;
}

function why(state: State, operation: number): string {
  const phase = phaseOf(state, operation);
  if (phase === "ready") return "Its turn has come in all its queues: it can start.";
  if (phase !== "waiting") return `At this tick it ${PHASES[phase].says}.`;
  const behind = Object.entries(state.frame.queues).flatMap(([variable, queue]) => {
    const at = queue.findIndex(([other]) => other === operation);
    if (at < 0 || queue[at]![2]) return [];
    const before = blocking(queue, at).map(([other]) => state.operations[other]!.name);
    return [`for ${list(before)}, before it in the queue of ${state.variables[Number(variable)]}`];
  });
  return `It waits ${behind.join("; ")}.`;
}

/** Those in front that it can't pass: a read passes reads. */
function blocking(queue: Place[], at: number): Place[] {
  const writes = queue[at]![1];
  return queue.slice(0, at).filter(([, other]) => writes || other);
}

export function explainEdge(state: State, { first, second, kind, variable }: Edge): string {
  const [one, other] = [state.operations[first]!, state.operations[second]!];
  return `${other.name} waits for ${one.name} on account of ${variable}: a ${kind}.`;
}

export function explainRace({ names, difference }: Race): string {
  return `A race: the order of ${names[0]} and ${names[1]} matters, and no variable that both name says so. What differs: ${difference}.`;
}

export function explainRaces(state: State): string {
  const [first] = state.races;
  if (!first) return `No race: all the legal orders tried give what program order gives.`;
  return `${plural(state.races.length, "race")} found. ${explainRace(first)}`;
}

export function explainEvent(state: State, kind: string, event: TraceEvent): string {
  const { name } = state.operations[event.operation]!;
  return `${name} on ${event.device}, ${kind}: ${write(event.end_s - event.start_s, "s")} (measured), by ${event.thread}.`;
}

export function explainTick({ tick, last, frame, engine, operations }: State): string {
  const names = frame.running.map((each) => operations[each]!.name);
  if (tick === 0) return engine === "threaded" ? "All is pushed; nothing has started yet." : "Nothing is pushed yet: the naive engine runs each operation where it is pushed.";
  if (tick === last) return `After ${plural(last - 1, "tick")} all is done.`;
  return `Tick ${tick} of ${last - 1}: ${names.length > 1 ? `${names.length} operations run at once: ` : ""}${names.join(", ")}.`;
}
