import { option, show } from '@gradloom/core/internal';

export interface SeedRange {
  readonly first: number;
  readonly last: number; // included
}

const MAX_SEED = 2 ** 32 - 1;

/** A seed as NumPy takes it: 0 to 2^32 - 1. */
export const numpySeed = option.kind((_where, name, raw): number => {
  const value = /^\d+$/.test(String(raw)) ? Number(raw) : Number.NaN;
  if (value <= MAX_SEED) return value;
  throw new Error(`${name} has ${show(raw)}, expected a whole number from 0 to 2^32 - 1, as NumPy takes it`);
});

/** Seeds from the first to the last: '1..100'. */
export const seedRange = option.kind((_where, name, raw): SeedRange => {
  const [, from, to = from] = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(String(raw)) ?? [];
  const range = { first: Number(from), last: Number(to) };
  if (from !== undefined && range.first <= range.last && range.last <= MAX_SEED) return range;
  throw new Error(`${name} has ${show(raw)}, expected seeds such as 1..100, each from 0 to 2^32 - 1`);
});
