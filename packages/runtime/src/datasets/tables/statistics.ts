/** Mean of the values, added in their order. */
export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** √(Σ (v - mean)² / N), as NumPy's std has it, in two passes: a large mean does not cancel the deviations. */
export function deviationOf(values: Float64Array, mean: number): number {
  let sum = 0;
  for (const value of values) sum += (value - mean) * (value - mean);
  return Math.sqrt(sum / values.length);
}

/** The value below which a share q of the sorted values lies, between two of them by proportion, as NumPy's default. */
export function quantileOf(
  sorted: Float64Array, // ascending
  q: number,
): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
