import { type Cell, CellError } from '@gradloom/core';
import { isGap, listed, readCategory, show } from '@gradloom/core/internal';
import type { ColumnCollector } from './column-collector.ts';

/** The collector behind a check of each cell. */
const checking = (collector: ColumnCollector, check: (cell: Cell) => void): ColumnCollector => ({
  ...collector,
  add(cell, place) {
    check(cell);
    collector.add(cell, place);
  },
});

/** Collects a target: it has no gaps, and only the classes that are known, if any are. */
export function checkedTarget(
  name: string,
  collector: ColumnCollector,
  known: readonly string[] | undefined,
): ColumnCollector {
  const classes = known && new Set(known);
  return checking(collector, (cell) => {
    if (isGap(cell)) throw new CellError(name, 'has a gap, expected the target of the row');
    if (classes === undefined || classes.has(readCategory(cell))) return;
    throw new CellError(name, `has ${show(cell)}, expected one of ${listed([...classes])}`);
  });
}

/** Collects plain numbers, which have no gaps: there is nothing to fill them with. */
export const checkedNumbers = (name: string, collector: ColumnCollector): ColumnCollector =>
  checking(collector, (cell) => {
    if (isGap(cell)) throw new CellError(name, 'has a gap, expected a number (readTable and splitTable fill gaps)');
  });

/** Collects weights, which are numbers of at least 0. */
export const checkedWeights = (name: string, collector: ColumnCollector): ColumnCollector =>
  checking(collector, (cell) => {
    if (!isGap(cell) && !(Number(cell) < 0)) return;
    throw new CellError(name, `has ${isGap(cell) ? 'a gap' : show(cell)}, expected a weight of at least 0`);
  });
