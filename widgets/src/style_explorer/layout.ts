/** Where everything stands: dagre ranks the graph, each segment a cluster of its own, so that no two overlap. */

import { Graph, layout } from "@dagrejs/dagre";
import type { Operation } from "./state";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  nodes: Map<number, Box>;
  hulls: Map<number, Box>;
  edges: Edge[];
}

interface Point {
  x: number;
  y: number;
}

interface Edge {
  from: number;
  to: number;
  points: Point[];
}

export const NODE_HEIGHT = 36;
const LETTER = 6.7; // width of a character in the code font at the node's size
const MARGIN = 12;
const MARKS = 46; // phase glyph, eye and margins
const nodeWidth = (node: Operation): number => Math.max(node.name.length, node.op.length * 0.85) * LETTER + MARKS;
const key = (segment: number): string => `segment ${segment}`;

export function layOut(nodes: Operation[], segments: number[][]): Layout {
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 22, marginx: 12, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(String(node.id), { width: nodeWidth(node), height: NODE_HEIGHT });
  segments.forEach((ids, index) => {
    if (ids.length === 1) return; // a box around one node needs no cluster, which would cost it a rank above and below
    graph.setNode(key(index), {});
    for (const id of ids) graph.setParent(String(id), key(index));
  });
  for (const { id, inputs } of nodes) {
    if (inputs.length) graph.setEdge(String(latest(inputs)), String(id));
  }
  layout(graph);
  return read(graph, nodes, segments);
}

/**
 * An operation stands under the input that came last. Its other inputs are older values, kept for it: a residual,
 * or an activation its gradient needs. They are drawn as arcs and have no say in the ranks, which stay straight.
 */
const latest = (inputs: number[]): number => Math.max(...inputs);

function read(graph: Graph, nodes: Operation[], segments: number[][]): Layout {
  const corner = (name: string): Box => {
    const { x, y, width, height } = graph.node(name) as Box;
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  const boxes = new Map(nodes.map((node) => [node.id, corner(String(node.id))]));
  const hull = (ids: number[], index: number): Box =>
    ids.length > 1 ? corner(key(index)) : around(boxes.get(ids[0]!)!);
  const chains = graph.edges().map((edge) => ({
    from: Number(edge.v),
    to: Number(edge.w),
    points: (graph.edge(edge) as Edge).points,
  }));
  const arcs = nodes.flatMap(({ id, inputs }) =>
    [...new Set(inputs)]
      .filter((input) => input !== latest(inputs))
      .map((from) => ({ from, to: id, points: arc(boxes.get(from)!, boxes.get(id)!) })),
  );
  const { width, height } = graph.graph() as Box;
  const reach = Math.max(width, ...arcs.flatMap(({ points }) => points.map((point) => point.x)));
  return { width: reach + MARGIN, height, nodes: boxes, hulls: new Map(segments.map(hull).entries()), edges: [...chains, ...arcs] };
}

const around = ({ x, y, width, height }: Box): Box => ({ x: x - 7, y: y - 13, width: width + 14, height: height + 18 });

/** From right side to right side, bulging the more the further apart: arcs of nested reach then do not cross. The logarithm
 * keeps the longest, from the first activation to its gradient, from making the drawing twice as wide as its nodes. */
function arc(from: Box, to: Box): Edge["points"] {
  const side = ({ x, y, width, height }: Box): Point => ({ x: x + width, y: y + height / 2 });
  const [start, stop] = [side(from), side(to)];
  const out = Math.max(start.x, stop.x) + 14 + 24 * Math.log1p(Math.abs(stop.y - start.y) / 60);
  return [start, { x: out, y: start.y }, { x: out, y: stop.y }, stop];
}
