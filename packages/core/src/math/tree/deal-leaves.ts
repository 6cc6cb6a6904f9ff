import { nodesOf } from './leaves.ts';

/** Consecutive leaves, from `first` to before `end`. */
export interface LeafRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Rows that a thread takes forward and backward while a rank sends a row of gradients: 6 operations per parameter and
 * row at 20 a nanosecond, against 8 bytes per parameter at 2 a nanosecond. It affects how leaves are dealt, but no bit.
 */
const ROWS_PER_TRANSFER = 13;

/**
 * Deals the leaves of a batch to ranks in order, in portions of a power of two, in proportion to their threads. Small
 * portions balance the work best; with large ones a rank has fewer subtrees, and sends a row of gradients for each.
 * Takes the portion with the least time. The first rank has leaf 0.
 */
export function dealLeaves(
  leaves: number,
  threadsOf: readonly number[], // [ranks]
  leafRows: number, // rows of a leaf
): LeafRange[] {
  let best: LeafRange[] = [];
  let shortest = Number.POSITIVE_INFINITY;
  for (let portion = 1; portion < 2 * leaves; portion *= 2) {
    const ranges = dealPortions(leaves, portion, threadsOf);
    const cost = costOf(ranges, leaves, threadsOf, leafRows);
    if (cost <= shortest) [best, shortest] = [ranges, cost];
  }
  return best;
}

function dealPortions(leaves: number, portion: number, threadsOf: readonly number[]): LeafRange[] {
  const portions = Math.floor((leaves + portion - 1) / portion);
  const threads = threadsOf.reduce((sum, rankThreads) => sum + rankThreads, 0);
  let [threadsSoFar, first] = [0, 0];
  return threadsOf.map((rankThreads) => {
    threadsSoFar += rankThreads;
    // Rounded up, so that the first rank gets the first leaf.
    const end = Math.min(leaves, portion * Math.floor((portions * threadsSoFar + threads - 1) / threads));
    const range = { first, end };
    first = end;
    return range;
  });
}

/** Time of a step, measured in rows that a thread takes forward and backward. */
function costOf(ranges: readonly LeafRange[], leaves: number, threadsOf: readonly number[], leafRows: number): number {
  const nodes = ranges.map(({ first, end }) => nodesOf(first, end, leaves).length);
  const nodeCount = nodes.reduce((sum, count) => sum + count, 0);
  const ranks = ranges.length;
  let longest = 0;
  for (const [rank, { first, end }] of ranges.entries()) {
    const threads = threadsOf[rank];
    const threadRows = leafRows * Math.floor((end - first + threads - 1) / threads);
    // A rank sends the parts of its rows that others own, and receives its own part of their rows.
    const movedNodes = Math.max(nodes[rank] * (ranks - 1), nodeCount - nodes[rank]) / ranks;
    longest = Math.max(longest, threadRows + ROWS_PER_TRANSFER * movedNodes);
  }
  return longest;
}
