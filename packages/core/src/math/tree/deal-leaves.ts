import { nodesOf } from './leaves.ts';

/** Leaves that follow each other, from `first` to before `end`. */
export interface LeafRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Rows of a batch that a thread takes through the network in the time in which a rank sends a row of gradients: 6
 * operations a parameter and row, 20 of them in a nanosecond, against 8 bytes a parameter, 2 of them in one. It decides
 * how leaves are dealt, and no bit.
 */
const ROWS_OF_MOVE = 13;

/**
 * Deals the leaves of a batch to ranks: in order, in portions of a power of two of leaves, to each rank by its threads.
 * Small portions share the work best. Of large ones a rank has few subtrees, each of which is a row of gradients that
 * it sends. The portion is the one that takes least time. The first rank has leaf 0.
 */
export function dealLeaves(
  leaves: number,
  threadsOf: readonly number[], // of each rank
  leaf: number, // rows
): LeafRange[] {
  let best: LeafRange[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let portion = 1; portion < 2 * leaves; portion *= 2) {
    const ranges = dealPortions(leaves, portion, threadsOf);
    const cost = costOf(ranges, leaves, threadsOf, leaf);
    if (cost <= least) [best, least] = [ranges, cost];
  }
  return best;
}

function dealPortions(leaves: number, portion: number, threadsOf: readonly number[]): LeafRange[] {
  const portions = Math.floor((leaves + portion - 1) / portion);
  const threads = threadsOf.reduce((sum, own) => sum + own, 0);
  let [before, first] = [0, 0];
  return threadsOf.map((own) => {
    before += own;
    // Rounded up, so that the first rank has the first leaf.
    const end = Math.min(leaves, portion * Math.floor((portions * before + threads - 1) / threads));
    const range = { first, end };
    first = end;
    return range;
  });
}

/** Time of a step, in rows that a thread takes through the network. */
function costOf(ranges: readonly LeafRange[], leaves: number, threadsOf: readonly number[], leaf: number): number {
  const nodes = ranges.map(({ first, end }) => nodesOf(first, end, leaves).length);
  const all = nodes.reduce((sum, own) => sum + own, 0);
  const ranks = ranges.length;
  let most = 0;
  for (const [rank, { first, end }] of ranges.entries()) {
    const threads = threadsOf[rank];
    const taken = leaf * Math.floor((end - first + threads - 1) / threads);
    // Of each row it sends what others own, and receives of their rows what it owns.
    const moved = Math.max(nodes[rank] * (ranks - 1), all - nodes[rank]) / ranks;
    most = Math.max(most, taken + ROWS_OF_MOVE * moved);
  }
  return most;
}
