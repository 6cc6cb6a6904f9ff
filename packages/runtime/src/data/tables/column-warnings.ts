import { show } from '@gradloom/core/internal';
import { leaveOut } from './column-collector.ts';
import type { Table, TableColumn } from './table.ts';

/** Most warnings about single columns: a wide table may have thousands. */
const MOST_WARNINGS = 10;

/** Warns of columns with one value, which tell nothing about new rows, and of numbers that may stand for gaps. */
export function columnWarnings(columns: readonly TableColumn[], rows: number): string[] {
  // With a single row every column has one value; the warning of the target says so.
  if (rows === 1) return [];
  return atMost(
    MOST_WARNINGS,
    columns.flatMap((column) => {
      const what = constancy(column, rows);
      if (what !== undefined) return [`column ${show(column.name)} ${what} (${leaveOut(column.name)})`];
      const odd = sentinel(column);
      return odd === undefined ? [] : [`column ${show(column.name)} ${odd}`];
    }),
  );
}

/** Warns of a target with one value, or with one class if no others are known: nothing can be learned from it. */
export const targetWarnings = (file: string, { rows, targets }: Pick<Table, 'rows' | 'targets'>): string[] =>
  targets.flatMap(({ name: column, data }) => {
    const value = onlyValue(data);
    if (value === undefined) return [];
    const all = rows === 1 ? 'its only row' : `all ${rows} rows`;
    const nothing = data.kind === 'words' ? 'nothing to tell apart' : 'nothing to learn';
    return [`${file}: column ${show(column)}, the target, has ${show(value)} in ${all}, so there is ${nothing}`];
  });

/** The first warnings, and the number of the others. */
function atMost(most: number, warnings: readonly string[]): string[] {
  if (warnings.length <= most) return [...warnings];
  const left = warnings.length - most + 1;
  const rest = `${left} more columns have one value in all rows, nothing but gaps, or a number far outside of the others`;
  return [...warnings.slice(0, most - 1), rest];
}

function constancy({ data, gaps }: TableColumn, rows: number): string | undefined {
  if (gaps === rows) return 'has nothing but gaps';
  const value = gaps > 0 ? undefined : onlyValue(data);
  return value === undefined ? undefined : `has ${show(value)} in all rows`;
}

/** The value that all cells have, if they do; the column has no gaps. */
function onlyValue(data: TableColumn['data']): string | number | undefined {
  if (data.kind === 'words') return data.words.length === 1 ? data.words[0] : undefined;
  const { values } = data;
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

/** Numbers that stand for a gap in many files: 99, 999 and so on, of either sign, and -1000. */
const SENTINELS: ReadonlySet<number> = new Set(
  Array.from({ length: 14 }, (_, k) => 10 ** (k + 2)).flatMap((power) => [power - 1, 1 - power, -10 * power]),
);

/** The least and the greatest number, without gaps and those that are left out; infinities if there is none. */
export function extentOf(values: Float64Array, left?: ReadonlySet<number>): [least: number, greatest: number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  // An iterator would take six times as long.
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (left?.has(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** A number that may stand for a gap, far outside of all others: further than they are from each other. */
function sentinel({ type, data, format }: TableColumn): string | undefined {
  if (type !== 'numeric' || data.kind !== 'numbers' || (format !== undefined && 'order' in format)) return undefined;
  // A number between two others is not far outside.
  const outer = new Set(extentOf(data.values).filter((value) => SENTINELS.has(value)));
  if (outer.size === 0) return undefined;
  const [least, most] = extentOf(data.values, SENTINELS);
  const value = [...outer].find((value) => Math.max(least - value, value - most) > Math.max(most - least, 0));
  if (value === undefined || least > most) return undefined;
  const count = data.values.reduce((sum, other) => (other === value ? sum + 1 : sum), 0);
  const rows = count === 1 ? 'a row' : `${count} rows`;
  return `has ${value} in ${rows}, far outside of the others, which are from ${least} to ${most}: if it stands for a gap, leave the cell empty`;
}
