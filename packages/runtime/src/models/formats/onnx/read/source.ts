import type { Message } from '../schema.ts';
import type { OnnxGraph, TensorReader } from './read-graph.ts';
import type { TensorType } from './tensor.ts';

/** How the rows of a batch stand in a graph. */
export interface Batch {
  /** The axis of the rows in each input; null if all of an input is one row. */
  readonly axes: readonly (number | null)[];
  /** Their number, if the graph has fixed it; else 0. */
  readonly fixedRows: number;
}

/** A graph that is to become a network. */
export interface Source {
  readonly graph: OnnxGraph;
  /** The inputs. In `dims`, the number of rows is a name if the graph leaves it free. */
  readonly inputs: readonly {
    readonly name: string;
    readonly type: TensorType;
    readonly dims: readonly (number | string)[];
  }[];
  readonly outputs: readonly string[];
  /** The nodes of which the outputs are made, each with its index in the graph. */
  readonly nodes: IndexedNodes;
  /** How many nodes and outputs read each value, by its name. */
  readonly uses: ReadonlyMap<string, number>;
  readonly read: TensorReader;
  /** An error about the file. */
  readonly fault: (has: string, expected: string, cause?: unknown) => Error;
}

/** Nodes of a graph, each with its index in the graph of the file. */
export type IndexedNodes = readonly (readonly [index: number, node: Message<'NodeProto'>])[];

/** The nodes of which these values are made, in their order. */
export function nodesFor(nodes: readonly Message<'NodeProto'>[], names: Iterable<string>): IndexedNodes {
  const makers = new Map(nodes.flatMap(({ output = [] }, index) => output.map((name) => [name, index] as const)));
  const neededNodes = new Set<number>();
  const read = new Set(names);
  for (const name of read) {
    const index = makers.get(name);
    if (index === undefined || neededNodes.has(index)) continue;
    neededNodes.add(index);
    for (const value of readBy(nodes[index])) read.add(value);
  }
  return [...neededNodes].sort((a, b) => a - b).map((index) => [index, nodes[index]] as const);
}

/** The values that a node reads, also those that its graphs read. */
export const readBy = ({ input = [], attribute = [] }: Message<'NodeProto'>): string[] => [
  ...input,
  ...attribute.flatMap(({ g }) => [...(g?.node ?? []).flatMap(readBy), ...(g?.output ?? []).map((v) => v.name ?? '')]),
];
