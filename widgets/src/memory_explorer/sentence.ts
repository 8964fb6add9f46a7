/** The sentences under the picture: what the selected thing is, why it is there, and what it would cost to drop it. */

import { plural, write } from "../shared/format";
import type { Alive, Held, KindAlive, Plan } from "./state";

export function explainBuffer(held: Held, { kind }: KindAlive, { place }: Alive, unit: string): string {
  const what = `${held.name} (${kind}, ${write(held.bytes, "B")})`;
  if (kind === "workspace") return `${held.name} takes ${write(held.bytes, "B")} of workspace while it runs: copies that it turns around (predicted).`;
  if (held.fixed) return `${what} is the caller's and stays from start to end, whatever the plan; ${used(held)}.`;
  const made = held.returned
    ? `came back from the host's memory for place ${held.made! + 1}`
    : held.made === place ? "is being made right now" : `was made at place ${held.made! + 1}`;
  const stays = held.leaves === null ? "stays" : `leaves for the host's memory after place ${held.leaves + 1}, to be back in time,`;
  return `${what} ${made} and ${stays} because ${used(held)}. ${price(held, place, unit)}`;
}

function used({ next, last }: Held): string {
  if (!next) return "nothing reads it in the rest of this pass";
  if (!last || last[0] === next[0]) return `${next[1]} reads it at place ${next[0] + 1}, for the last time`;
  return `${next[1]} reads it next, at place ${next[0] + 1}, and ${last[1]} last, at place ${last[0] + 1}`;
}

function price({ next, again, flops, bytes }: Held, place: number, unit: string): string {
  if (!next || !again) return "";
  if (next[0] === place) return "It is being read right now, so it can't be dropped here.";
  return (
    `Dropping it until then would free ${write(bytes, "B")} and cost ${write(flops, unit)} (predicted): ` +
    `${plural(again, "operation")} to run once more.`
  );
}

export function explainPlan(plan: Plan, budget: number | null): string {
  const over = budget !== null && plan.peak > budget;
  const least = over ? `No plan found keeps to ${write(budget, "B")}; this one needs least. ` : "";
  const again = plan.recomputed
    ? `computes ${write(plan.recomputed, plan.unit)} once more, ${plan.forwards.toFixed(2)} of a forward pass`
    : plan.moved
      ? `computes nothing twice, but moves ${write(plan.moved, "B")} to the host's memory and back`
      : "computes nothing twice";
  return `${least}Strategy ${plan.strategy} takes ${write(plan.peak, "B")} at its peak and ${again} (predicted).`;
}
