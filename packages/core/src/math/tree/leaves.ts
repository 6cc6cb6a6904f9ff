import type { Elements } from '../element-type.ts';
/**
 * Rows of a leaf, for batches of so many rows. A batch is cut into leaves of this many rows each, the last may be
 * shorter; the gradients of the leaves are summed by a fixed pairwise tree. Threads take leaves, so a batch keeps as
 * many threads busy as it has leaves: 8 at 128 rows, 16 at 256, 32 at 1,024, 64 at 4,096. It follows from the batch
 * size alone, so that the bits do not depend on the machine.
 *
 * A leaf costs a product of weights an addition and mostly a store for each of its sums. On AVX-512 a step takes about
 * 5 % longer with leaves of 16 rows than with one leaf, 2 % with leaves of 32.
 */
export function leafRows(batch: number): number {
  if (batch < 1024) return 16;
  if (batch < 4096) return 32;
  return 64;
}

/** Rows of a leaf at most, where a batch has several. */
export const MOST_LEAF_ROWS = 64;
/** Rows of several leaves that a kernel takes at once, at most. */
export const MOST_NODE_ROWS = 256;
/** How many leaves these are, at most. */
export const MOST_LEAVES = 16;

/** Leaves of B rows, the last of which may be short: at least 1. */
export const leafCount = (B: number, leaf: number): number => Math.max(1, Math.floor((B + leaf - 1) / leaf));

/**
 * Leaves that follow each other and are a whole subtree: `count` leaves from leaf `first`, a multiple of a power of two
 * that is at least `count`.
 */
export interface Node {
  readonly first: number;
  readonly count: number;
}

/**
 * The largest subtrees that the leaves from `first` to `end` consist of, in order. `leaves` is how many the whole batch
 * has: at its end a subtree may lack its right part.
 */
export function nodesOf(first: number, end: number, leaves: number): Node[] {
  const nodes: Node[] = [];
  for (let at = first; at < end; ) {
    let size = 1;
    while (at % (2 * size) === 0 && (at + 2 * size <= end || end === leaves) && at + size < end) size *= 2;
    const count = Math.min(size, end - at);
    nodes.push({ first: at, count });
    at += count;
  }
  return nodes;
}

/**
 * The tree's sum of `count` rows of `width` numbers: strides 1, 2, 4, …, the left operand the lower. Overwrites `rows`
 * with partial sums; the sum is the first.
 */
export function addTree(
  rows: Elements, // [count, width]
  count: number,
  width: number,
): void {
  for (let stride = 1; stride < count; stride *= 2) {
    for (let k = 0; k + stride < count; k += 2 * stride) {
      const left = k * width;
      const right = (k + stride) * width;
      for (let i = 0; i < width; i++) rows[left + i] += rows[right + i];
    }
  }
}

/** Rows of sums that a tree over up to so many leaves needs where leaf follows leaf: see `joinLevels`. */
export const treeLevels = (leaves: number): number => 33 - Math.clz32(leaves);

/**
 * Where leaf follows leaf, partial sums wait in rows of a stack: behind leaf k of `leaves`, whose sum is in row
 * `level`, adds neighbours that are whole, left += right, behind the last leaf all. Returns the row for the next leaf's
 * sum; the sum of all ends in row 0.
 */
export function joinLevels(
  sums: Elements, // [treeLevels, width]
  width: number,
  level: number,
  k: number,
  leaves: number,
): number {
  const isLast = k + 1 === leaves;
  let row = level;
  for (let n = k + 1; row > 0 && (isLast || n % 2 === 0); n = Math.floor(n / 2)) {
    for (let i = 0; i < width; i++) sums[(row - 1) * width + i] += sums[row * width + i];
    row--;
  }
  return row + 1;
}
