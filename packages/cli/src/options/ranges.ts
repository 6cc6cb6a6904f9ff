import { option, show } from '@gradloom/core/internal';

/** Whole numbers from the first to the last. */
export interface Range {
  readonly first: number;
  readonly last: number; // included
}

const MAX_SEED = 2 ** 32 - 1;

/** Rows counted from 0: '0..9', '5', or '0,3,7..9'. */
export const rowRanges = option.kind((_where, name, raw): readonly Range[] => {
  const ranges = String(raw).split(',').map(rangeOf);
  if (ranges.every((range) => range !== null && Number.isSafeInteger(range.last))) return ranges as Range[];
  throw new Error(`${name} has ${show(raw)}, expected rows such as 0..9 or 0,3,7..9`);
});

/** A seed as NumPy takes it: 0 to 2^32 - 1. */
export const numpySeed = option.kind((_where, name, raw): number => {
  const value = /^\d+$/.test(String(raw)) ? Number(raw) : Number.NaN;
  if (value <= MAX_SEED) return value;
  throw new Error(`${name} has ${show(raw)}, expected a whole number from 0 to 2^32 - 1, as NumPy takes it`);
});

/** Seeds from the first to the last: '1..100'. */
export const seedRange = option.kind((_where, name, raw): Range => {
  const range = rangeOf(String(raw));
  if (range !== null && range.last <= MAX_SEED) return range;
  throw new Error(`${name} has ${show(raw)}, expected seeds such as 1..100, each from 0 to 2^32 - 1`);
});

/** The range of '3..9' or '5'; null for another text. */
function rangeOf(text: string): Range | null {
  const [, from, to = from] = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(text) ?? [];
  return from !== undefined && Number(from) <= Number(to) ? { first: Number(from), last: Number(to) } : null;
}
