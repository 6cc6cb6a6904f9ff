import { createSpread } from '@gradloom/core/internal';
import { decimal } from '../../terminal/text/format.ts';
import { type Finding, type Published, paperClaim } from '../experiments/finding.ts';

/** The lowest and highest value of a figure over a number of starts. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
}

/** @throws Error if there are no values, or one is not finite. */
export function rangeOf(what: string, values: readonly number[]): Range {
  const bad = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || bad !== undefined) {
    throw new Error(`${what} has ${bad ?? 'no values'}, expected finite numbers from every start`);
  }
  return { low: Math.min(...values), high: Math.max(...values), mean: meanOf(values) };
}

export const rangeText = ({ low, high }: Range): string => `${decimal(low)} to ${decimal(high)}`;

/** Maximum number of standard deviations that one start may differ from the mean of the others by chance. */
const MAX_DEVIATIONS = 3;

/**
 * Compares a printed positive number of one start with ours. It agrees if its logarithm is within three times √(1 +
 * 1/n) standard deviations of our mean, as one more start of ours would be. The range of n starts would exclude two of
 * n + 1 such numbers.
 */
export function nearOneStart(what: string, paper: Published, values: readonly number[]): Finding {
  const logs = values.map(Math.log);
  const n = logs.length;
  const mean = meanOf(logs);
  const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (n - 1));
  const deviations = (Math.log(Number(paper.printed)) - mean) / (deviation * Math.sqrt(1 + 1 / n));
  const text = rangeText(rangeOf(what, values));
  return paperClaim(what, paper, text, Math.abs(deviations) <= MAX_DEVIATIONS, `${deviations.toFixed(1)} deviations`);
}

/** A figure that a paper derives or estimates: agrees if our mean differs from it by at most this share. */
export const nearMean = (what: string, paper: Published, value: number, range: Range, share: number): Finding =>
  paperClaim(
    what,
    paper,
    rangeText(range),
    Math.abs(range.mean / value - 1) <= share,
    `mean within ${Math.round(100 * share)} %`,
  );

/** '45.3 %', or with more values the median and '11.4 % to 90.1 %'. */
export function medianText(values: readonly number[], format: (value: number) => string): [string, string] {
  return [format(median(values)), `${format(Math.min(...values))} to ${format(Math.max(...values))}`];
}

/** The median; for an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** The sum of the values divided by their number. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean; null if a value is missing. */
export function meanIfComplete(values: readonly (number | null)[]): number | null {
  const spread = createSpread();
  for (const value of values) {
    if (value === null) return null;
    spread.add(value);
  }
  return spread.mean();
}

/** Standard deviation of a sample, with divisor n - 1; 0 for a single value. */
export function deviationOf(values: readonly number[]): number {
  const { length: n } = values;
  if (n < 2) return 0;
  const { add, deviation } = createSpread();
  for (const value of values) add(value);
  return deviation() * Math.sqrt(n / (n - 1));
}
