/** Entries of a legend: a mark, and what it means. */

import { html } from "./element";
import { type Kind, kindMark } from "./quantity";

export const entry = (mark: Node, text: string, help?: string): HTMLElement => html("li", { title: help }, mark, text);

/** How figures of each kind look. */
export const kindEntries = (...kinds: Kind[]): HTMLElement[] => kinds.map((kind) => entry(kindMark(kind), kind));

export const legendList = (...entries: HTMLElement[]): HTMLElement => html("ul", { class: "wb-legend", "aria-label": "Legend" }, ...entries);
