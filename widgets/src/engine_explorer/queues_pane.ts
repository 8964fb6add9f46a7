/** The queues of all variables at this tick: who holds the variable now, and who stands behind. */

import { html } from "../shared/element";
import { plural } from "../shared/format";
import { numberOf, type Place, shortName, type State } from "./state";

export class QueuesPane {
  readonly root = html("div", { class: "wb-scroll wb-queues", tabindex: 0, role: "region", "aria-label": "Queues of the variables at this tick" });
  private drawn: unknown[] = [];

  update(state: State): void {
    const now = [state.frame, state.operation, state.operations];
    if (now.every((each, at) => each === this.drawn[at])) return;
    this.drawn = now;
    const rows = Object.entries(state.frame.queues).map(([variable, queue]) => drawQueue(state, state.variables[Number(variable)]!, queue));
    this.root.replaceChildren(...(rows.length ? rows : [html("p", { class: "wb-empty" }, "All queues are empty.")]));
  }
}

function drawQueue(state: State, variable: string, queue: Place[]): HTMLElement {
  return html(
    "div",
    { class: "wb-queue" },
    html("b", {}, variable),
    html("ol", { "aria-label": `${variable}: ${plural(queue.length, "operation")}` }, ...queue.map((place) => drawPlace(state, place))),
  );
}

function drawPlace(state: State, [operation, writes, turn]: Place): HTMLElement {
  const record = state.operations[operation]!;
  const [does, when] = [writes ? "writes" : "reads", turn ? "its turn" : "waits"];
  const here = operation === state.operation ? " wb-here" : "";
  return html(
    "li",
    { class: `wb-place wb-device-${numberOf(record.device) % 8}${turn ? " wb-turn" : ""}${here}`, title: `${record.name} ${does} it: ${when}` },
    `${writes ? "W" : "R"} ${shortName(record)}`,
    html("span", { class: "wb-unseen" }, `, on ${record.device}, ${does}, ${when}`),
  );
}
