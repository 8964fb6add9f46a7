/** Hosts with their devices, and the links of both levels: thicker where more bytes flow in a step, dashed because predicted. */

import type { AnyModel } from "@anywidget/types";
import { svg } from "../shared/element";
import { plural, write } from "../shared/format";
import { Listbox } from "../shared/listbox";
import { PlotPane } from "../shared/plot_pane";
import { type Found, type Level, type Link, single, type Traits } from "./state";

export interface Shown {
  found: Found;
  model: AnyModel<Traits>;
}

const [MOST_HOSTS, ROOM, MOST_DEVICES, GAP, TOP, DEVICE] = [4, 200, 8, 12, 8, 18]; // ROOM: px that a host takes
const [NETWORK, MEMORY, DEVICES, BUS, HEIGHT] = [22, 66, 116, 152, 172]; // where each stands

export class TopologyPane extends PlotPane<Shown> {
  private readonly body = svg("g", { "aria-hidden": "true" });
  private readonly links = svg("g");
  private readonly list: Listbox;

  constructor(private readonly say: (sentence: string) => void, signal: AbortSignal) {
    super({ class: "wb-topology", "aria-label": "Links of both levels" }, "", signal);
    this.list = new Listbox(this.drawing, (at) => this.explain(at), signal);
    this.drawing.append(this.body, this.links);
  }

  private explain(at: number): void {
    this.list.select(at);
    this.say(this.current!.found.links[at]!.says);
  }

  protected shown({ found, model }: Shown): unknown[] {
    return [found, model.get("servers"), model.get("method")];
  }

  protected draw({ found, model }: Shown, width: number): void {
    const drawn = Math.min(found.hosts, MOST_HOSTS, Math.max(1, Math.floor(width / ROOM)));
    const more = found.hosts > drawn ? 62 : 0;
    const wide = (width - 2 * GAP - more - (drawn - 1) * GAP) / drawn;
    const lefts = Array.from({ length: drawn }, (_, at) => GAP + at * (wide + GAP));
    const several = found.hosts > 1;
    const top = several ? 0 : MEMORY - 14 - TOP; // without a network its place is cut off
    this.size(width, HEIGHT + TOP - top);
    this.drawing.setAttribute("viewBox", `0 ${top} ${width} ${HEIGHT + TOP - top}`);
    this.body.replaceChildren(
      ...(several ? network(model, width) : []),
      ...lefts.flatMap((left, at) => host(found, left, wide, at)),
      ...(more ? [svg("text", { x: width - more, y: DEVICES }, "…"), svg("text", { class: "wb-tick", x: width - more, y: DEVICES + 14 }, `${found.hosts} hosts`)] : []),
    );
    const options = found.links.map((link, at) => drawLink(link, at, lefts, wide, found));
    this.links.replaceChildren(...options);
    this.list.setOptions(options);
    this.body.append(...(model.get("cores") ? [svg("text", { class: "wb-tick", x: width - GAP - 4, y: HEIGHT - 4, "text-anchor": "end" }, `sharing ${write(model.get("cores"), "1")} cores`)] : []));
  }
}

function network(model: AnyModel<Traits>, width: number): SVGElement[] {
  const served = !single(model.get("store")) && (model.get("store") === "dist_async" || model.get("method") === "server");
  const servers = model.get("servers");
  const text = `network${served ? (servers ? `, with ${plural(servers, "server")}` : ", each host a server too") : ""}`;
  return [
    svg("rect", { class: "wb-network", x: GAP, y: TOP, width: width - 2 * GAP, height: NETWORK - TOP + 2, rx: 3 }),
    svg("text", { x: width / 2, y: NETWORK - 3, "text-anchor": "middle" }, text),
  ];
}

function host({ devices, hosts }: Found, left: number, wide: number, at: number): SVGElement[] {
  const drawn = Math.min(devices, MOST_DEVICES, Math.floor((wide - 16) / (DEVICE + 4)));
  const places = centres(left, wide, drawn);
  return [
    svg("rect", { class: "wb-host", x: left, y: MEMORY - 14, width: wide, height: HEIGHT - MEMORY + 14, rx: 4 }),
    svg("text", { class: "wb-tick", x: left + 6, y: MEMORY + 2 }, hosts > 1 ? `host ${at}` : "host"),
    svg("rect", { class: "wb-memory-box", x: left + wide / 2 - 28, y: MEMORY - 10, width: 56, height: 16, rx: 2 }),
    svg("text", { x: left + wide / 2, y: MEMORY + 2, "text-anchor": "middle" }, "memory"),
    ...places.map((x) => svg("rect", { class: "wb-device", x: x - DEVICE / 2, y: DEVICES - DEVICE / 2, width: DEVICE, height: DEVICE, rx: 2 })),
    ...(drawn < devices ? [svg("text", { class: "wb-tick", x: left + wide - 6, y: HEIGHT - 4, "text-anchor": "end" }, `${devices} devices`)] : []),
  ];
}

const centres = (left: number, wide: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => left + wide / 2 + (at - (count - 1) / 2) * Math.min(wide / count, DEVICE + 10));

function drawLink(link: Link, at: number, lefts: number[], wide: number, { devices }: Found): SVGElement {
  const count = Math.min(devices, MOST_DEVICES, Math.floor((wide - 16) / (DEVICE + 4)));
  const thick = Math.max(1.2, Math.min(7, Math.log10(Math.max(1, link.bytes)) - 3));
  const ways: Record<Level, (left: number) => string> = {
    between: (left) => `M${left + wide / 2} ${NETWORK + 4}V${MEMORY - 14}`,
    feed: (left) => centres(left, wide, count).map((x) => `M${left + wide / 2} ${MEMORY + 6}L${x} ${DEVICES - DEVICE / 2}`).join(""),
    within: (left) => {
      const places = centres(left, wide, count);
      return `${places.map((x) => `M${x} ${DEVICES + DEVICE / 2}V${BUS}`).join("")}M${places[0]} ${BUS}H${places.at(-1)}`;
    },
  };
  const [x, y] = { between: [lefts[0]! + wide / 2 + 8, NETWORK + 22], feed: [lefts[0]! + wide / 2 + 30, MEMORY + 16], within: [lefts[0]! + 6, BUS + 14] }[link.level] as [number, number];
  const shown = link.level === "feed" ? thick / 2.5 : link.level === "within" ? thick / 1.6 : thick;
  return svg(
    "g",
    { class: `wb-flow wb-level-${link.level}`, "data-value": at, "data-key": link.level, "aria-label": link.says },
    svg("title", {}, link.says),
    ...lefts.map((left) => svg("path", { class: "wb-halo", d: ways[link.level](left) })),
    ...lefts.map((left) => svg("path", { d: ways[link.level](left), "stroke-width": shown })),
    svg("text", { class: "wb-clear", x, y }, write(link.bytes, "B")),
  );
}
