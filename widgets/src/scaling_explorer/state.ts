/** What the kernel sends: the choice, and what the cost model and the machine say of it. */

import type { SharedTraits } from "../shared/explorer_view";
import type { Quantity } from "../shared/quantity";

export const CHOICES = [
  "hosts", "devices", "batch", "within_latency", "within_bandwidth", "feed_bandwidth", "between_latency", "between_bandwidth", "cores",
  "store", "method", "servers", "compressed", "late",
] as const;

export type Store = "local" | "device" | "dist_sync" | "dist_async";
export type Method = "ring" | "tree" | "two_level" | "server";
export type Level = "within" | "feed" | "between";

export interface Link {
  level: Level;
  label: string;
  bytes: number;
  says: string;
}

export interface Span {
  kind: "feed" | "compute" | "communicate" | "update" | "wait";
  name: string;
  start: number;
  end: number;
  says: string;
}

export interface Row {
  label: string;
  device: boolean;
  spans: Span[];
}

export interface Timeline {
  rows: Row[];
  end: number;
  kind: "predicted" | "measured";
}

export interface Found {
  hosts: number;
  devices: number;
  figures: Quantity[];
  measured: Quantity[];
  links: Link[];
  timeline: Timeline;
  recorded: Timeline | Record<string, never>;
  says: string;
}

export interface Point extends Quantity {
  devices: number;
  efficiency: number;
  says: string;
}

export interface Curve {
  predicted: Point[];
  published: Point[];
  measured: Point[];
}

export interface Choice {
  hosts: number;
  devices: number;
  batch: number;
  within_latency: number;
  within_bandwidth: number;
  feed_bandwidth: number;
  between_latency: number;
  between_bandwidth: number;
  cores: number;
  store: Store;
  method: Method;
  servers: number;
  compressed: boolean;
  late: number;
}

export interface Traits extends SharedTraits, Choice {
  networks: Record<string, string>;
  network: string;
  machines: Record<string, string>;
  machine: string;
  defaults: Partial<Choice>;
  trainable: boolean;
  found: Found;
  curve: Curve | Record<string, never>;
  runs: Record<string, unknown>;
}

/** Whether the curve has come. */
export const isDrawn = (curve: Traits["curve"]): curve is Curve => "predicted" in curve;

/** Whether such a step ran here. */
export const isRecorded = (recorded: Found["recorded"]): recorded is Timeline => "rows" in recorded;

/** Whether a store is of one host alone. */
export const single = (store: Store): boolean => store === "local" || store === "device";
