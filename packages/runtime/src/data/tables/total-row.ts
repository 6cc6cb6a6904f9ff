import type { Cell } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { Reading } from './plan-columns.ts';
import type { TableColumn } from './table.ts';
import type { TableRow } from './table-reader.ts';

const TOTAL =
  /^((grand|sub)[ -]?)?(totals?|sum|sums|summe|gesamt|gesamtsumme|zwischensumme|insgesamt|somme|suma|totale)( .{0,30})?:?$/i;

/** Whether a cell names the total of the cells above. */
export const isTotal = (cell: Cell): cell is string => typeof cell === 'string' && TOTAL.test(cell.trim());

/** In a shorter table the last number may be the sum of the others by chance. */
const FEWEST_ROWS = 10;

/** The sums of a file are rounded. */
const ROUNDED = 1e-6;

/** Whether a number is the sum of others, but for rounding. */
export const isSum = (sum: number, value: number): boolean =>
  value !== 0 && Math.abs(sum - value) <= ROUNDED * Math.abs(value);

/** Warns of a last row that seems to be the total of the others. */
export function totalWarnings(
  { place, cells }: TableRow,
  readings: readonly Pick<Reading, 'at' | 'name'>[],
  columns: readonly TableColumn[],
): string[] {
  const nameAt = new Map(readings.map(({ at, name }) => [at, name]));
  const word = cells.find((cell, at) => isTotal(cell) && isOnce(columns.find(({ name }) => name === nameAt.get(at))));
  const sum = columns.find(({ data }) => data.kind === 'numbers' && endsWithSum(data.values));
  if (word === undefined && sum === undefined) return [];
  const why = sum === undefined ? `has ${show(word)}` : `has the sum of all others in ${show(sum.name)}`;
  return [
    `${place}, the last row, ${why}: if it is a total, take it out of the file, since it is learned from as others are`,
  ];
}

/** Whether the last word of a column is in no other row; columns that are left out have other words in most rows. */
function isOnce(column: TableColumn | undefined): boolean {
  if (column?.data.kind !== 'words') return true;
  const { indices } = column.data;
  return indices.indexOf(indices[indices.length - 1]) === indices.length - 1;
}

/** Whether the last number is the sum of the others, which are all of its sign and smaller: no sum by chance. */
function endsWithSum(values: Float64Array): boolean {
  if (values.length < FEWEST_ROWS) return false;
  const last = values[values.length - 1];
  let sum = 0;
  for (let n = 0; n < values.length - 1; n++) {
    const isPart = values[n] * Math.sign(last) >= 0 && Math.abs(values[n]) < Math.abs(last);
    if (!isPart) return false;
    sum += values[n];
  }
  return isSum(sum, last);
}
