import { type IndexedNodes, readBy } from '../source.ts';
import { type Pattern, patterns } from './index.ts';
import { type Found, type Graph, NOTHING, type Node } from './terms.ts';

/** A node of a graph, or the last of those that are one layer. */
export interface Step {
  readonly index: number; // of the node in the graph
  readonly node: Node;
  readonly match?: Found & {
    readonly pattern: Pattern;
    /** The nodes that the layer stands for, without the last. */
    readonly inner: IndexedNodes;
  };
}

/** The nodes without those that layers of patterns stand for. A value that other nodes read, too, is still made. */
export function findPatterns(
  nodes: IndexedNodes,
  outputs: readonly string[],
  numbersOf: Graph['numbersOf'], // of constants, which no node makes
): Step[] {
  const places = new Map(nodes.flatMap(([, node], k) => (node.output ?? []).map((name) => [name, k] as const)));
  const graph: Graph = { makerOf: (value) => nodes[places.get(value) ?? -1]?.[1], numbersOf };
  const neededValues = new Set(outputs);
  const steps: Step[] = [];
  // From the last node on, so that the largest pattern is found first.
  for (let k = nodes.length - 1; k >= 0; k--) {
    const [index, node] = nodes[k];
    if (!(node.output ?? []).some((name) => neededValues.has(name))) continue;
    const match = findIn(graph, node);
    const read = match === undefined ? readBy(node) : [...match.values.values()];
    for (const name of read) neededValues.add(name);
    steps.push({ index, node, ...(match && { match: { ...match, inner: nodesUpTo(read, node, nodes, places) } }) });
  }
  return steps.reverse();
}

/** The pattern of the value of a node. */
function findIn(graph: Graph, { output = [] }: Node): (Found & { readonly pattern: Pattern }) | undefined {
  for (const pattern of output.length === 1 ? patterns : []) {
    for (const binding of pattern.term(graph, output[0], NOTHING)) return { ...binding, pattern };
  }
  return undefined;
}

/** The nodes that make what a node reads, of some values. */
function nodesUpTo(
  from: readonly string[],
  last: Node,
  nodes: IndexedNodes,
  places: ReadonlyMap<string, number>,
): IndexedNodes {
  const inner = new Set<number>();
  const read = new Set(readBy(last));
  for (const name of read) {
    const index = from.includes(name) ? undefined : places.get(name);
    if (index === undefined) continue;
    inner.add(index);
    for (const value of readBy(nodes[index][1])) read.add(value);
  }
  return [...inner].sort((a, b) => a - b).map((index) => nodes[index]);
}
