/**
 * The lowest of any number of them, which Math.min takes as arguments only up to some ten thousand. Infinity of none.
 */
export const lowest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** Likewise the highest. -Infinity of none. */
export const highest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
