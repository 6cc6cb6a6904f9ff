import type { Node } from './leaves.ts';

/**
 * In which order rows of gradients, one for each of some nodes, are added so that the sum is the tree's. First
 * `joins`: row left += row right. Then `count` rows are left, `step` rows apart from row 0 on, which are neighbours of
 * one level: added by strides 1, 2, 4, …, the left operand the lower.
 */
export interface NodeSums {
  /** Pairs of rows that are added first, one pair after the other: row left += row right. */
  readonly joins: readonly (readonly [left: number, right: number])[];
  /** Rows that are added by the tree afterwards. */
  readonly count: number;
  /** From one of these rows to the next, in rows. */
  readonly step: number;
}

/** Of a gradient that stands in one row. */
export const ONE_ROW: NodeSums = { joins: [], count: 1, step: 1 };

/** Of nodes that follow each other and make up `leaves` leaves, the gradient of node k in row k. */
export function sumsOf(nodes: readonly Node[], leaves: number): NodeSums {
  const rows = rowsByLeaf(nodes);
  const widest = nodes.reduce((most, { count }) => Math.max(most, count), 1);
  for (let width = 1; ; width *= 2) {
    if (width < widest) continue;
    const joins: [number, number][] = [];
    const left: number[] = [];
    for (let first = 0; first < leaves; first += width) left.push(joinSubtree(rows, first, width, leaves, joins));
    const step = left.length > 1 ? left[1] : 1;
    if (left.every((row, k) => row === k * step)) return { joins, count: left.length, step };
  }
}

/** How rows of some nodes become one row for each of larger ones. */
export interface Joined {
  /** Pairs of rows that are added, one pair after the other: row left += row right. */
  readonly joins: readonly (readonly [left: number, right: number])[];
  /** The row of each of the larger nodes afterwards. */
  readonly rows: readonly number[];
}

/** Adds nodes, node k in row k, as the tree has it, up to those of `into`, of which each consists of some. */
export function joinNodes(nodes: readonly Node[], into: readonly Node[], leaves: number): Joined {
  const joins: [number, number][] = [];
  const rows = rowsByLeaf(nodes);
  const own = into.map(({ first, count }) => {
    let size = 1;
    while (size < count) size *= 2;
    return joinSubtree(rows, first, size, leaves, joins);
  });
  return { joins, rows: own };
}

/** Nodes by their first leaf, each with its row. */
type Rows = ReadonlyMap<number, Node & { readonly row: number }>;

const rowsByLeaf = (nodes: readonly Node[]): Rows => new Map(nodes.map((node, row) => [node.first, { ...node, row }]));

/** The row that holds the sum of the subtree of `size` leaves from leaf `first`, behind the `joins` that it adds. */
function joinSubtree(
  rows: Rows,
  first: number,
  size: number, // a power of two
  leaves: number,
  joins: [left: number, right: number][],
): number {
  const node = rows.get(first);
  if (node === undefined) throw new Error(`joinSubtree: leaf ${first} has no node, expected one that begins there`);
  if (node.count === Math.min(size, leaves - first)) return node.row;
  const half = size / 2;
  const row = joinSubtree(rows, first, half, leaves, joins);
  if (first + half < leaves) joins.push([row, joinSubtree(rows, first + half, half, leaves, joins)]);
  return row;
}
