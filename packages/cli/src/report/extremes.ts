/** The lowest value; Infinity for none. Math.min takes only some ten thousand arguments. */
export const lowest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** The highest value; -Infinity for none. */
export const highest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
