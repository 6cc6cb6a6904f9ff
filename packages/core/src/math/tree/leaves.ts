import type { Elements } from '../element-type.ts';

/**
 * Rows of a leaf for a batch size. A batch is cut into leaves of this many rows (the last may be shorter), and the
 * gradients of the leaves are summed by a fixed pairwise tree. Threads take whole leaves, so a batch keeps as many
 * threads busy as it has leaves: 8 at 128 rows, 16 at 256, 32 at 1,024, 64 at 4,096. The size depends on the batch size
 * alone, so that the bits do not depend on the machine.
 *
 * For each leaf a weight product adds, and mostly stores, every sum once more. On AVX-512 a step takes about 5 % longer
 * with leaves of 16 rows than with one leaf, 2 % with leaves of 32.
 */
export function defaultLeafRows(batch: number): number {
  if (batch < 1024) return 16;
  if (batch < 4096) return 32;
  return 64;
}

/** Rows of a leaf, at most, in a batch of several leaves. */
export const MAX_LEAF_ROWS = 64;
/** Rows that a kernel takes at once, at most. */
export const MAX_NODE_ROWS = 256;
/** Leaves that a kernel takes at once, at most. */
export const MAX_LEAVES = 16;

/** Leaves of B rows, at least 1. The last may be short. */
export const leafCount = (B: number, leafRows: number): number =>
  Math.max(1, Math.floor((B + leafRows - 1) / leafRows));

/** Leaves of a whole subtree: `count` from leaf `first`, a multiple of a power of two that is at least `count`. */
export interface Node {
  readonly first: number;
  readonly count: number;
}

/**
 * Splits the leaves from `first` to `end` into the largest subtrees, in order. `leaves` is the number of leaves of the
 * whole batch; the subtree at its end may lack its right part.
 */
export function nodesOf(first: number, end: number, leaves: number): Node[] {
  const nodes: Node[] = [];
  for (let leaf = first; leaf < end; ) {
    let size = 1;
    // A subtree doubles if it is a left half, and its right half begins in the range and ends in it or with the batch.
    while (leaf % (2 * size) === 0 && (leaf + 2 * size <= end || end === leaves) && leaf + size < end) size *= 2;
    const count = Math.min(size, end - leaf);
    nodes.push({ first: leaf, count });
    leaf += count;
  }
  return nodes;
}

/**
 * The tree's sum of `count` rows of `width` numbers, by strides 1, 2, 4, …; the left operand is the lower row.
 * Overwrites `rows` with partial sums; the first row becomes the sum.
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

/** Rows of the stack in `joinLevels` for up to `leaves` leaves. */
export const treeLevels = (leaves: number): number => 33 - Math.clz32(leaves);

/**
 * Sums leaves one after the other, with partial sums in rows of a stack. Call it when the sum of leaf k is in row
 * `level`: it joins finished neighbours, left += right, and after the last leaf all rows. Returns the row for the sum
 * of the next leaf; the total ends in row `base`.
 */
export function joinLevels(
  sums: Elements, // [treeLevels, width]
  width: number,
  level: number,
  k: number,
  leaves: number,
  base = 0, // lowest row of the stack
): number {
  const isLast = k + 1 === leaves;
  let row = level;
  for (let n = k + 1; row > base && (isLast || n % 2 === 0); n = Math.floor(n / 2)) {
    for (let i = 0; i < width; i++) sums[(row - 1) * width + i] += sums[row * width + i];
    row--;
  }
  return row + 1;
}
