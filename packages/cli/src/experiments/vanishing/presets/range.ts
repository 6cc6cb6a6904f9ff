import { decimal } from '../../../report/format.ts';
import { type Finding, holds } from '../../finding.ts';

/** What a figure was over a number of starts. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
}

/** @throws Error for no values, or one that is not finite: a range of those says nothing. */
export function rangeOf(what: string, values: readonly number[]): Range {
  const bad = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || bad !== undefined) {
    throw new Error(`${what} has ${bad ?? 'no values'}, expected finite numbers from every start`);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { low: Math.min(...values), high: Math.max(...values), mean };
}

export const rangeText = ({ low, high }: Range): string => `${decimal(low)} to ${decimal(high)}`;

/** A printed number of one start: agrees where it lies between the lowest and the highest of ours. */
export const within = (what: string, published: string, range: Range, note?: string): Finding =>
  holds(what, published, rangeText(range), Number(published) >= range.low && Number(published) <= range.high, note);

/** A figure that a paper derives or reads off: agrees where our mean lies within a share of it. */
export const near = (what: string, published: string, value: number, range: Range, share: number): Finding =>
  holds(
    what,
    published,
    rangeText(range),
    Math.abs(range.mean / value - 1) <= share,
    `mean within ${Math.round(100 * share)} %`,
  );
