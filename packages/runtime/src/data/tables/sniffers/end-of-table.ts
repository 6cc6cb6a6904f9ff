import type { Cell } from '@gradloom/core';
import { cellReader, isDateFormat, isGap, isNumberGap, show } from '@gradloom/core/internal';
import { isSomeDate, isSomeNumber } from '../columns/format-set.ts';
import type { ColumnPlan, PlannedColumn } from '../columns/plan-columns.ts';
import type { TableRow } from '../formats/table-reader.ts';
import type { TableColumn } from '../table.ts';
import type { Sniffer } from './sniffer.ts';

const TOTAL =
  /^((grand|sub)[ -]?)?(totals?|sum|sums|summe|gesamt|gesamtsumme|zwischensumme|insgesamt|somme|suma|totale)( .{0,30})?:?$/i;

/** Whether a cell names the total of the cells above. */
export const isTotal = (cell: Cell): cell is string => typeof cell === 'string' && TOTAL.test(cell.trim());

/** In a shorter table the last number may be the sum of the others by chance. */
const MIN_ROWS = 10;

/** Relative error of sums in a file, which are rounded. */
const ROUNDING = 1e-6;

/** Whether a number is the sum of others, except for rounding. */
export const isSum = (sum: number, value: number): boolean =>
  value !== 0 && Math.abs(sum - value) <= ROUNDING * Math.abs(value);

/** Warns of a last row that seems to be the total of the others. */
export const totalRow: Sniffer = {
  flag: null,
  warn({ lastRow: { location, cells }, names, targets, inputs, isSeries }) {
    if (isSeries) return [];
    const columns = [...targets.map(({ column }) => column), ...inputs];
    const word = cells.find(
      (cell, index) => isTotal(cell) && isLastWordUnique(columns.find(({ name }) => name === names.get(index))),
    );
    const sum = columns.find(({ data }) => data.kind === 'numbers' && endsWithSum(data.values));
    if (word === undefined && sum === undefined) return [];
    const why = sum === undefined ? `has ${show(word)}` : `has the sum of all others in ${show(sum.name)}`;
    const advice = 'if it is a total, take it out of the file, since it is learned from as others are';
    return [`${location}, the last row, ${why}: ${advice}`];
  },
};

/** Whether the last word of a column is in no other row; columns that are left out have other words in most rows. */
function isLastWordUnique(column: TableColumn | undefined): boolean {
  if (column?.data.kind !== 'words') return true;
  const { indices } = column.data;
  return indices.indexOf(indices[indices.length - 1]) === indices.length - 1;
}

/** Whether the last number is the sum of the others, which are all of its sign and smaller: no sum by chance. */
function endsWithSum(values: Float64Array): boolean {
  if (values.length < MIN_ROWS) return false;
  const last = values[values.length - 1];
  let sum = 0;
  for (let n = 0; n < values.length - 1; n++) {
    const isPart = values[n] * Math.sign(last) >= 0 && Math.abs(values[n]) < Math.abs(last);
    if (!isPart) return false;
    sum += values[n];
  }
  return isSum(sum, last);
}

/** Maximum number of lines below a table, such as notes, and a row of totals. */
export const MAX_NOTES = 8;

/** The rows that belong to the table, and why others after them are left out. */
export interface EndOfTable {
  readonly rows: readonly TableRow[];
  readonly decisions: readonly string[];
}

/** Leaves out notes below a table, and the totals of its columns where most of their other cells are empty. */
export function cutEnd(rows: readonly TableRow[], plan: ColumnPlan): EndOfTable {
  const decisions: string[] = [];
  let end = rows.length;
  for (; end > 0; end--) {
    const row = rows[end - 1];
    const valueCount = row.cells.filter((cell) => !isNumberGap(cell)).length; // the word of totals included
    const noteText = noteIn(row.cells, plan.width);
    const total = totalIn(row, plan);
    if (noteText !== undefined)
      decisions.unshift(`${row.location} is left out as a note below the table: ${show(noteText)}`);
    else if (total !== undefined && 2 * (valueCount - 1) < plan.width - 1) decisions.unshift(describeTotal(row, total));
    else break;
  }
  return { rows: rows.slice(0, end), decisions };
}

/** Why the last row is left out: it has a word of totals, and a sum of the rows above, which have been collected. */
export function reasonOfSum(row: TableRow, plan: ColumnPlan): string | undefined {
  const total = totalIn(row, plan);
  return total !== undefined && plan.columns.some((column) => isSumOf(column, row))
    ? describeTotal(row, total)
    : undefined;
}

const describeTotal = ({ location }: TableRow, word: string): string =>
  `${location}, the last row, is left out: it has the totals (${show(word)})`;

function isSumOf({ index, type, format, collector }: PlannedColumn, { cells }: TableRow): boolean {
  if ((type !== undefined && type !== 'numeric') || isDateFormat(format)) return false;
  const value = cellReader('numeric', format === 'any' ? undefined : format).read(cells[index]);
  const { sum } = collector.collected();
  return value !== undefined && sum !== null && isSum(sum, value);
}

/** The first text of a line that has too few fields, of which most are empty. */
function noteIn(cells: readonly Cell[], width: number): string | undefined {
  if (cells.length >= width) return undefined;
  const values = cells.filter((cell) => !isGap(cell));
  const [first] = values;
  if (typeof first !== 'string' || 2 * values.length >= width || isSomeNumber(first) || isSomeDate(first)) {
    return undefined;
  }
  // A file that was cut off ends in short cells.
  return /\p{L}/u.test(first) && (values.length === 1 || /\s/.test(first)) ? first : undefined;
}

/** The word of totals in a row of all columns, which the rows above do not have. */
function totalIn({ cells }: TableRow, { width, columns }: ColumnPlan): string | undefined {
  const index = cells.length === width ? cells.findIndex(isTotal) : -1;
  if (index === -1) return undefined;
  const word = String(cells[index]).trim();
  const column = columns.find((column) => column.index === index);
  return column?.collector.collected().words.includes(word) === true ? undefined : word;
}
