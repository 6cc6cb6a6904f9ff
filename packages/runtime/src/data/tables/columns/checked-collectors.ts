import { type Cell, CellError, type CellFormat } from '@gradloom/core';
import { cellReader, isGap, isNumberGap, listed, readBoolean, readCategory, show } from '@gradloom/core/internal';
import { classNamer } from './answer-classes.ts';
import type { ColumnCollector } from './column-collector.ts';
import { isSomeDate, isSomeNumber } from './format-set.ts';

/** Adds a check of each cell to a collector. */
const withCheck = (collector: ColumnCollector, check: (cell: Cell) => void): ColumnCollector => ({
  ...collector,
  add(cell, location) {
    check(cell);
    collector.add(cell, location);
  },
});

/** Collects a target: gaps of rows that are not left out are refused, and so are other classes than `classNames`. */
export function checkedTarget(
  name: string,
  collector: ColumnCollector,
  classNames: readonly string[] | undefined,
  isMissing: (cell: Cell) => boolean,
): ColumnCollector {
  const classes = classNames && new Set(classNames);
  const nameOf = classNamer(classNames ?? []);
  return withCheck(collector, (cell) => {
    if (isMissing(cell)) throw new CellError(name, 'has a gap', 'the target of the row');
    if (classes === undefined || classes.has(nameOf(readCategory(cell)))) return;
    throw new CellError(name, `has ${show(cell)}`, `one of ${listed([...classes])}`);
  });
}

/** Collects the cells of a target that was said to be boolean. */
export const checkedAnswers = (name: string, collector: ColumnCollector): ColumnCollector =>
  withCheck(collector, (cell) => {
    if (readBoolean(cell) === undefined) throw new CellError(name, `has ${show(cell)}`, 'true or false');
  });

/** Collects plain numbers; gaps are refused because nothing fills them in. */
export const checkedNumbers = (name: string, collector: ColumnCollector): ColumnCollector =>
  withCheck(collector, (cell) => {
    if (isNumberGap(cell)) throw new CellError(name, 'has a gap', 'a number (readTable and splitTable fill gaps)');
  });

/** A month such as 1949-01, which only the time of a series may be: elsewhere it is a word. */
const MONTH = /^\s*\d{4}-\d\d\s*$/;

/** Collects times: dates or numbers. A month is its first day. */
export function checkedTimes(
  name: string,
  collector: ColumnCollector,
  format: CellFormat | 'any' | undefined,
): ColumnCollector {
  const readers = format === 'any' ? [] : (['numeric', 'date'] as const).map((type) => cellReader(type, format).read);
  const isTime = (cell: Cell): boolean =>
    format === 'any' ? isSomeNumber(cell) || isSomeDate(cell) : readers.some((read) => read(cell) !== undefined);
  return {
    ...collector,
    add(cell, location) {
      const time = typeof cell === 'string' && MONTH.test(cell) ? `${cell.trim()}-01` : cell;
      if (isGap(time) || !isTime(time)) {
        const expected = 'the time of the row: a number, or a date such as 2024-12-31 or 2024-12';
        throw new CellError(name, `has ${isGap(cell) ? 'a gap' : show(cell)}`, expected);
      }
      collector.add(time, location);
    },
  };
}

/** Collects the names of series or groups. */
export const checkedKeys = (name: string, collector: ColumnCollector, what: 'series' | 'group'): ColumnCollector =>
  withCheck(collector, (cell) => {
    if (isGap(cell)) throw new CellError(name, 'has a gap', `the ${what} of the row`);
  });

/** Collects weights: numbers of at least 0. */
export const checkedWeights = (name: string, collector: ColumnCollector): ColumnCollector =>
  withCheck(collector, (cell) => {
    if (!isNumberGap(cell) && !(Number(cell) < 0)) return;
    throw new CellError(name, `has ${isNumberGap(cell) ? 'a gap' : show(cell)}`, 'a weight of at least 0');
  });
