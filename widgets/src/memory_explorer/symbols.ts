/** A mark for each strategy, told apart by its shape; it is hollow, because what it shows is predicted. */

import { symbol, symbolAsterisk, symbolCircle, symbolCross, symbolDiamond, symbolPlus, symbolSquare, symbolStar, symbolTimes, symbolTriangle, symbolWye } from "d3-shape";
import { svg } from "../shared/element";

const SHAPES = [symbolCircle, symbolTriangle, symbolSquare, symbolDiamond, symbolCross, symbolStar, symbolWye, symbolAsterisk, symbolTimes, symbolPlus];

export function strategyMark(strategies: string[], strategy: string, size = 60): SVGPathElement {
  const shape = SHAPES[Math.max(0, strategies.indexOf(strategy)) % SHAPES.length]!;
  return svg("path", { class: "wb-symbol", d: symbol(shape, size)() });
}
