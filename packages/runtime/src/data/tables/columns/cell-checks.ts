import { type Cell, CellError, type CellFormat } from '@gradloom/core';
import { cellReader, isGap, isNumberGap, listed, readBoolean, readCategory, show } from '@gradloom/core/internal';
import { classNamer } from './answer-classes.ts';
import type { ColumnCollector } from './column-collector.ts';
import { isSomeDate, isSomeNumber } from './format-set.ts';

/** Checks a cell. Returns its content and the expected content; undefined if the cell passes. */
type CellCheck = (cell: Cell) => readonly [has: string, expected: string] | undefined;

/** Adds checks of each cell to a collector. */
export function withChecks(name: string, collector: ColumnCollector, checks: readonly CellCheck[]): ColumnCollector {
  return {
    ...collector,
    add(cell, location) {
      for (const check of checks) {
        const misfit = check(cell);
        if (misfit !== undefined) throw new CellError(name, `has ${misfit[0]}`, misfit[1]);
      }
      collector.add(cell, location);
    },
  };
}

/** A target that was said to be boolean. */
export const answerCheck: CellCheck = (cell) =>
  readBoolean(cell) === undefined ? [show(cell), 'true or false'] : undefined;

/** A plain number; gaps are refused because nothing fills them in. */
export const numberCheck: CellCheck = (cell) =>
  isNumberGap(cell) ? ['a gap', 'a number (readTable and splitTable fill gaps)'] : undefined;

export const weightCheck: CellCheck = (cell) => {
  const has = isNumberGap(cell) ? 'a gap' : Number(cell) < 0 ? show(cell) : undefined;
  return has === undefined ? undefined : [has, 'a weight of at least 0'];
};

/** The name of a series or group. */
export const keyCheck =
  (what: 'series' | 'group'): CellCheck =>
  (cell) =>
    isGap(cell) ? ['a gap', `the ${what} of the row`] : undefined;

/** A target: gaps of rows that are not left out are refused, and so are other classes than `classNames`. */
export function targetCheck(
  classNames: readonly string[] | undefined,
  isMissing: (cell: Cell) => boolean,
  gapAdvice: string, // '' or in brackets
): CellCheck {
  const classes = classNames && new Set(classNames);
  const nameOf = classNamer(classNames ?? []);
  return (cell) => {
    if (isMissing(cell)) return ['a gap', `the target of the row${gapAdvice}`];
    const isKnown = classes === undefined || classes.has(nameOf(readCategory(cell)));
    return isKnown ? undefined : [show(cell), `one of ${listed([...classes])}`];
  };
}

/** A month such as 1949-01, which only the time of a series may be: elsewhere it is a word. */
const MONTH = /^\s*\d{4}-\d\d\s*$/;

/** Collects times: dates or numbers. A month is its first day. */
export function timeCollector(
  name: string,
  collector: ColumnCollector,
  format: CellFormat | 'any' | undefined,
): ColumnCollector {
  const readers = format === 'any' ? [] : (['numeric', 'date'] as const).map((type) => cellReader(type, format).read);
  const isTime = (cell: Cell): boolean =>
    format === 'any' ? isSomeNumber(cell) || isSomeDate(cell) : readers.some((read) => read(cell) !== undefined);
  const expected = 'the time of the row: a number, or a date such as 2024-12-31 or 2024-12';
  return {
    ...collector,
    add(cell, location) {
      const time = typeof cell === 'string' && MONTH.test(cell) ? `${cell.trim()}-01` : cell;
      if (isGap(time) || !isTime(time))
        throw new CellError(name, `has ${isGap(cell) ? 'a gap' : show(cell)}`, expected);
      collector.add(time, location);
    },
  };
}
