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
  const rows = new Map(nodes.map((node, row) => [node.first, { ...node, row }]));
  const widest = nodes.reduce((most, { count }) => Math.max(most, count), 1);
  for (let width = 1; ; width *= 2) {
    if (width < widest) continue;
    const joins: [number, number][] = [];
    const left: number[] = [];
    for (let first = 0; first < leaves; first += width) left.push(joinWithin(first, width));
    const step = left.length > 1 ? left[1] : 1;
    if (left.every((row, k) => row === k * step)) return { joins, count: left.length, step };

    /** The row that holds the sum of the subtree of `size` leaves from leaf `first`, behind `joins`. */
    function joinWithin(first: number, size: number): number {
      const node = rows.get(first);
      if (node === undefined) throw new Error(`sumsOf: leaf ${first} has no node, expected one that begins there`);
      if (node.count === Math.min(size, leaves - first)) return node.row;
      const half = size / 2;
      const row = joinWithin(first, half);
      if (first + half < leaves) joins.push([row, joinWithin(first + half, half)]);
      return row;
    }
  }
}
