/** A mark for each strategy, told apart by its shape; it is hollow, because what it shows is predicted. */

import { symbol, symbolAsterisk, symbolCircle, symbolCross, symbolDiamond, symbolPlus, symbolSquare, symbolStar, symbolTimes, symbolTriangle, symbolWye } from "d3-shape";
import { svg } from "../shared/element";
import { write } from "../shared/format";
import type { Published } from "./state";

const SHAPES = [symbolCircle, symbolTriangle, symbolSquare, symbolDiamond, symbolCross, symbolStar, symbolWye, symbolAsterisk, symbolTimes, symbolPlus];

export function strategyMark(strategies: string[], strategy: string, size = 60): SVGPathElement {
  const shape = SHAPES[Math.max(0, strategies.indexOf(strategy)) % SHAPES.length]!;
  return svg("path", { class: "wb-symbol", d: symbol(shape, size)() });
}

/** A double ring, hollow, for a published figure; what it says and where it stands is told on hover. */
export const publishedRing = (): SVGGElement => svg("g", { class: "wb-published" }, svg("circle", { r: 5.5 }), svg("circle", { r: 2.5 }));

export const explainPublished = ({ bytes, says }: Published): string => `${write(bytes, "B")}, published: ${says}`;

export function publishedMark(published: Published, x: number, y: number): SVGGElement {
  return svg("g", { transform: `translate(${x} ${y})` }, svg("title", {}, explainPublished(published)), publishedRing());
}
