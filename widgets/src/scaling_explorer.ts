/**
 * Scaling, by hand: hosts and links, a step through time, and throughput against devices.
 * This file only wires: panes draw, the kernel predicts and measures, and brings the sentence of all that can be selected.
 */

import type { AnyModel } from "@anywidget/types";
import { Controls } from "./scaling_explorer/controls";
import { CurvePane } from "./scaling_explorer/curve_pane";
import { legend } from "./scaling_explorer/legend";
import { CHOICES, type Found, isDrawn, isRecorded, type Traits } from "./scaling_explorer/state";
import { TimelinePane } from "./scaling_explorer/timeline_pane";
import { TopologyPane } from "./scaling_explorer/topology_pane";
import { html } from "./shared/element";
import { explorer, ExplorerView } from "./shared/explorer_view";
import { type Costed, FiguresPane } from "./shared/figures_pane";
import type { Linked } from "./shared/link";
import { Rest } from "./shared/rest";

const REST = 600; // ms without a change after which the choice is at rest

class View extends ExplorerView<Traits> {
  private readonly seen: Costed[] = [];
  private last: Found | null = null;
  private readonly rest: Rest;
  private readonly controls: Controls;
  private readonly topology: TopologyPane;
  private readonly simulated: TimelinePane;
  private readonly recorded: TimelinePane;
  private readonly throughput: CurvePane;
  private readonly efficiency: CurvePane;
  private readonly figures: FiguresPane;

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, signal, "scaling");
    const say = (sentence: string): void => this.say(sentence);
    this.rest = new Rest(null, REST, () => undefined, signal);
    this.controls = new Controls(
      {
        show: (network, machine) => model.send({ ask: "show", network, machine }),
        set: (change) => this.save(change),
        measure: () => model.send({ ask: "measure" }),
        cancel: () => model.send({ ask: "cancel" }),
      },
      signal,
    );
    this.topology = new TopologyPane(say, signal);
    this.simulated = new TimelinePane("Simulated step", "", say, signal);
    this.recorded = new TimelinePane("Recorded step", "Not run here: measure on this machine's CPU to see a recorded step.", say, signal);
    this.throughput = new CurvePane("throughput", say, signal);
    this.efficiency = new CurvePane("efficiency", say, signal);
    this.figures = new FiguresPane("Figures of this choice", say, signal);
    const heading = (text: string): HTMLElement => html("h4", {}, text);
    const column = (text: string, pane: CurvePane): HTMLElement => html("div", {}, heading(text), pane.root);
    this.open(
      {
        left: [this.controls.root],
        middle: [
          heading("Hosts, devices and the bytes on each link in a step"), this.topology.root,
          heading("A step through time, simulated"), this.simulated.root,
          heading("A step through time, recorded here"), this.recorded.root,
          html("div", { class: "wb-pair" }, column("Throughput, examples/s", this.throughput), column("Efficiency", this.efficiency)),
        ],
        right: [heading("What changed"), this.figures.root],
        legend: legend(),
      },
      ["title", "networks", "network", "machines", "machine", "defaults", "trainable", ...CHOICES, "found", "curve", "runs", "status", "progress", "error"],
    );
    this.on("found", () => this.say(model.get("found").says));
    this.on("runs", () => this.sayMeasured(" here", this.measured()));
    this.on("network", () => this.startAnew());
    this.say(model.get("found").says);
  }

  protected draw(): void {
    const { model } = this;
    const found = model.get("found");
    this.controls.update(model);
    this.topology.update({ found, model });
    this.simulated.update(found.timeline);
    this.recorded.update(isRecorded(found.recorded) ? found.recorded : null);
    const curve = model.get("curve");
    const now = found.hosts * found.devices;
    for (const pane of [this.throughput, this.efficiency]) pane.update(isDrawn(curve) ? { ...curve, now } : null);
    const costed: Costed = this.seen.at(-1) && this.last === found ? this.seen.at(-1)! : { figures: found.figures, run: found.measured.length ? { figures: found.measured } : undefined };
    this.figures.update(costed, this.follow(found, costed));
  }

  protected python(): string {
    const { model } = this;
    const [name, machine, defaults] = [model.get("network"), model.get("machine"), model.get("defaults")];
    const own = name === "" || name === "mlp" ? "here" : "p2";
    const plain: Record<string, unknown> = { method: "server", servers: 0, compressed: false, late: 1, ...defaults };
    const changed = CHOICES.filter((choice) => model.get(choice) !== plain[choice]).map((choice) => `${choice}=${literal(model.get(choice))}`);
    const rest = [name ? `'${name}'` : "network", machine === own ? "" : `machine='${machine}'`, ...changed];
    return `ScalingExplorer(${rest.filter(Boolean).join(", ")})`;
  }

  protected linked(): Linked {
    const names = ["network", "machine", ...CHOICES] as const;
    return Object.fromEntries(names.map((name) => [name, this.model.get(name)]));
  }

  /** One of the networks that come along is a link's as well as another. */
  protected override fits(state: Linked): boolean {
    return state.network ? this.model.get("network") !== "" : super.fits(state);
  }

  protected restore({ title: _title, network, machine, ...state }: Linked): void {
    this.model.send({ ask: "restore", network, machine, state });
  }

  /** The figures of where it rested before, to compare with. */
  private follow(found: Found, costed: Costed): Costed | null {
    if (this.last !== found) this.seen.push(costed);
    this.last = found;
    this.rest.follow(this.seen.length - 1);
    return this.rest.before === null ? null : this.seen[this.rest.before]!;
  }

  private startAnew(): void {
    this.rest.forget();
    this.seen.length = 0;
    this.last = null;
  }

  private measured() {
    const measured = this.model.get("found").measured;
    return measured.length ? measured : undefined;
  }
}

function literal(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? `'${value}'` : String(value);
}

export default explorer(View);
