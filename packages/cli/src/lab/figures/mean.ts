import { createSpread } from '@gradloom/core/internal';

/** The mean; null where a value is missing. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const { add, mean } = createSpread();
  for (const value of values) {
    if (value === null) return null;
    add(value);
  }
  return mean();
}

/** Standard deviation of a sample, divided by n - 1; 0 of a single value. */
export function deviationOf(values: readonly number[]): number {
  const { length: n } = values;
  if (n < 2) return 0;
  const { add, deviation } = createSpread();
  for (const value of values) add(value);
  return deviation() * Math.sqrt(n / (n - 1));
}
