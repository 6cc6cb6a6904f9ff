import { option, show } from '@gradloom/core/internal';

export interface RowRange {
  readonly first: number;
  readonly last: number; // included
}

/** Rows counted from 0: '0..9', '5', or '0,3,7..9'. */
export const rowRanges = option.kind((_where, name, raw): readonly RowRange[] => {
  return String(raw)
    .split(',')
    .map((part) => {
      const [, from, to = from] = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(part) ?? [];
      const range = { first: Number(from), last: Number(to) };
      if (from !== undefined && range.first <= range.last && Number.isSafeInteger(range.last)) return range;
      throw new Error(`${name} has ${show(raw)}, expected rows such as 0..9 or 0,3,7..9`);
    });
});
