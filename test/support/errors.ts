/** max |a[i] - b[i]|; Infinity if lengths differ or a number is NaN. */
export const maxError = (a: ArrayLike<number>, b: ArrayLike<number>): number => worst(a, b, () => 1);

/** max |a[i] - b[i]| / |b[i]| (0 if both are equal); Infinity if lengths differ or a number is NaN. */
export const maxRelativeError = (a: ArrayLike<number>, b: ArrayLike<number>): number => worst(a, b, Math.abs);

function worst(a: ArrayLike<number>, b: ArrayLike<number>, scale: (b: number) => number): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  for (let i = 0; i < a.length; i++) {
    const elementError = a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]) / scale(b[i]);
    error = Number.isNaN(elementError) ? Number.POSITIVE_INFINITY : Math.max(error, elementError);
  }
  return error;
}
