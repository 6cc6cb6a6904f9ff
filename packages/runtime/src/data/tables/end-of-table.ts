import type { Cell } from '@gradloom/core';
import { cellReader, isGap, isNumberGap, show } from '@gradloom/core/internal';
import { isSomeDate, isSomeNumber } from './format-finder.ts';
import type { ColumnPlan, Reading } from './plan-columns.ts';
import type { TableRow } from './table-reader.ts';
import { isSum, isTotal } from './total-row.ts';

/** Rows at the end of a file, and why others after them are left out. */
export interface EndOfTable {
  readonly kept: readonly TableRow[];
  readonly left: readonly string[];
}

/** Leaves out notes below a table, and the totals of its columns where most of their other cells are empty. */
export function withoutEnd(rows: readonly TableRow[], plan: ColumnPlan): EndOfTable {
  const left: string[] = [];
  let end = rows.length;
  for (; end > 0; end--) {
    const row = rows[end - 1];
    const note = row.cells.length < plan.width ? noteIn(row.cells, plan.width) : undefined;
    const total = row.cells.length === plan.width ? totalIn(row, plan) : undefined;
    const filled = row.cells.filter((cell) => !isNumberGap(cell)).length;
    if (note !== undefined) left.unshift(`${row.place} is left out as a note below the table: ${show(note)}`);
    else if (total !== undefined && 2 * (filled - 1) < plan.width - 1) left.unshift(asTotal(row, total));
    else break;
  }
  return { kept: rows.slice(0, end), left };
}

/** Why the last row is left out: it has a word of totals, and a sum of the rows above, which have been collected. */
export function reasonOfSum(row: TableRow, plan: ColumnPlan): string | undefined {
  const total = row.cells.length === plan.width ? totalIn(row, plan) : undefined;
  return total !== undefined && plan.readings.some((reading) => endsInSum(reading, row))
    ? asTotal(row, total)
    : undefined;
}

const asTotal = ({ place }: TableRow, word: string): string =>
  `${place}, the last row, is left out: it has the totals (${show(word)})`;

function endsInSum({ at, type, format, collector }: Reading, { cells }: TableRow): boolean {
  if (type !== undefined && type !== 'numeric') return false;
  if (typeof format === 'object' && 'order' in format) return false;
  const value = cellReader('numeric', format === 'any' ? undefined : format).read(cells[at]);
  const { sum } = collector.collected();
  return value !== undefined && sum !== null && isSum(sum, value);
}

/** The first text of a line that has too few fields, of which most are empty. */
function noteIn(cells: readonly Cell[], width: number): Cell {
  const filled = cells.filter((cell) => !isGap(cell));
  const [first] = filled;
  if (typeof first !== 'string' || 2 * filled.length >= width || isSomeNumber(first) || isSomeDate(first)) {
    return undefined;
  }
  // A file that was cut off ends in short cells.
  return /\p{L}/u.test(first) && (filled.length === 1 || /\s/.test(first)) ? first : undefined;
}

/** The word of totals in a row, which the rows above do not have. */
function totalIn({ cells }: TableRow, { readings }: ColumnPlan): string | undefined {
  const at = cells.findIndex(isTotal);
  if (at === -1) return undefined;
  const word = String(cells[at]).trim();
  const reading = readings.find((reading) => reading.at === at);
  return reading?.collector.collected().words.includes(word) === true ? undefined : word;
}
