/** The place of the first of `n` numbers that is not finite. */
export function firstNotFinite(
  array: Float64Array, // [n] or longer
  n: number,
): number | undefined {
  for (let i = 0; i < n; i++) if (array[i] - array[i] !== 0) return i;
  return undefined;
}
