import type { Node } from './leaves.ts';

/**
 * The order of adding the gradient rows of some nodes, so that the sum equals the tree's. First `pairs`: row left +=
 * row right. This leaves `count` rows, `step` apart from row 0 on, which are neighbours of one level; they are added by
 * strides 1, 2, 4, …, the left operand the lower row.
 */
export interface NodeSums {
  /** Pairs of rows to add first, in order: row left += row right. */
  readonly pairs: readonly (readonly [left: number, right: number])[];
  /** Rows to add by the tree afterwards. */
  readonly count: number;
  /** Distance of these rows, in rows. */
  readonly step: number;
}

/** Sums for a gradient in a single row. */
export const ONE_ROW: NodeSums = { pairs: [], count: 1, step: 1 };

/** Sums for consecutive nodes of `leaves` leaves; the gradient of node k is in row k. */
export function sumsOf(nodes: readonly Node[], leaves: number): NodeSums {
  const rows = rowsByLeaf(nodes);
  const widest = nodes.reduce((max, { count }) => Math.max(max, count), 1);
  for (let width = 1; ; width *= 2) {
    if (width < widest) continue;
    const pairs: [number, number][] = [];
    const sumRows: number[] = []; // the row of each subtree of `width` leaves
    for (let first = 0; first < leaves; first += width) sumRows.push(joinSubtree(rows, first, width, leaves, pairs));
    const step = sumRows.length > 1 ? sumRows[1] : 1;
    if (sumRows.every((row, k) => row === k * step)) return { pairs, count: sumRows.length, step };
  }
}

/** How the rows of some nodes become one row for each larger node. */
export interface JoinedNodes {
  /** Pairs of rows to add, in order: row left += row right. */
  readonly pairs: readonly (readonly [left: number, right: number])[];
  /** The row of each larger node afterwards. */
  readonly rows: readonly number[];
}

/** Adds the rows of nodes (node k in row k) in the tree's order to one row for each node of `into`. */
export function joinNodes(nodes: readonly Node[], into: readonly Node[], leaves: number): JoinedNodes {
  const pairs: [number, number][] = [];
  const rows = rowsByLeaf(nodes);
  const joinedRows = into.map(({ first, count }) => {
    let size = 1;
    while (size < count) size *= 2;
    return joinSubtree(rows, first, size, leaves, pairs);
  });
  return { pairs, rows: joinedRows };
}

/** Nodes by their first leaf, with their rows. */
type RowsByLeaf = ReadonlyMap<number, Node & { readonly row: number }>;

const rowsByLeaf = (nodes: readonly Node[]): RowsByLeaf =>
  new Map(nodes.map((node, row) => [node.first, { ...node, row }]));

/** The row with the sum of the subtree of `size` leaves from leaf `first`. Appends the additions to `pairs`. */
function joinSubtree(
  rows: RowsByLeaf,
  first: number,
  size: number, // a power of two
  leaves: number,
  pairs: [left: number, right: number][],
): number {
  const node = rows.get(first);
  if (node === undefined) throw new Error(`joinSubtree: leaf ${first} has no node, expected one that begins there`);
  if (node.count === Math.min(size, leaves - first)) return node.row;
  const half = size / 2;
  const row = joinSubtree(rows, first, half, leaves, pairs);
  if (first + half < leaves) pairs.push([row, joinSubtree(rows, first + half, half, leaves, pairs)]);
  return row;
}
