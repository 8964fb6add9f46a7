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
  edges: { from: number; to: number; points: { x: number; y: number }[] }[];
}

export const NODE_HEIGHT = 36;
const LETTER = 6.7; // width of a character in the code font at the node's size
const MARKS = 46; // phase glyph, eye and margins

const nodeWidth = (node: Operation): number => Math.max(node.name.length, node.op.length * 0.85) * LETTER + MARKS;
const key = (segment: number): string => `segment ${segment}`;

export function layOut(nodes: Operation[], segments: number[][]): Layout {
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 22, edgesep: 8, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(String(node.id), { width: nodeWidth(node), height: NODE_HEIGHT });
  segments.forEach((ids, index) => {
    graph.setNode(key(index), {});
    for (const id of ids) graph.setParent(String(id), key(index));
  });
  for (const node of nodes) {
    for (const input of new Set(node.inputs)) graph.setEdge(String(input), String(node.id));
  }
  layout(graph);
  return read(graph, nodes, segments);
}

function read(graph: Graph, nodes: Operation[], segments: number[][]): Layout {
  const corner = (name: string): Box => {
    const { x, y, width, height } = graph.node(name) as Box;
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  const { width, height } = graph.graph() as Box;
  return {
    width,
    height,
    nodes: new Map(nodes.map((node) => [node.id, corner(String(node.id))])),
    hulls: new Map(segments.map((_, index) => [index, corner(key(index))])),
    edges: graph.edges().map((edge) => ({
      from: Number(edge.v),
      to: Number(edge.w),
      points: (graph.edge(edge) as Layout["edges"][number]).points,
    })),
  };
}
