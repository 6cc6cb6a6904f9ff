/**
 * By what the values grow from each to the one before it, towards the first: e to the slope of the line that fits their
 * logarithms best, least squares. NaN where a value is not above 0.
 */
export function factorPerLayer(values: readonly number[]): number {
  if (!values.every((value) => value > 0)) return Number.NaN;
  const middle = (values.length - 1) / 2;
  let slope = 0;
  let weight = 0;
  for (const [k, value] of values.entries()) {
    slope += (middle - k) * Math.log(value);
    weight += (middle - k) ** 2;
  }
  return Math.exp(slope / weight);
}
