import type { Call, Elements } from '@gradloom/core';
import { BLOCK, type BlockRange, viewOf } from '@gradloom/core/internal';
import { writesInto } from './writes-into.ts';

/**
 * The calls of a pass cut behind the last one that writes into each bucket's part of the gradient `row` or of one
 * before: one piece a bucket.
 */
export function cutAtBuckets(
  calls: readonly Call[],
  row: Elements, // [P]
  buckets: readonly BlockRange[],
): readonly (readonly Call[])[] {
  let at = 0;
  return buckets.map(({ first, end }, k) => {
    const part = viewOf(row, first * BLOCK, Math.min(row.length, end * BLOCK) - first * BLOCK);
    const last = calls.findLastIndex((call) => writesInto(call, part)) + 1;
    const from = at;
    // The last piece has all that is left.
    at = k === buckets.length - 1 ? calls.length : Math.max(at, last);
    return calls.slice(from, at);
  });
}
