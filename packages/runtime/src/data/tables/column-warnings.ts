import { show } from '@gradloom/core/internal';
import { leaveOut } from './column-collector.ts';
import type { Table, TableColumn } from './table.ts';

/** With fewer rows, any column may count them by chance. */
const FEWEST_ROWS = 10;

/** Most warnings about single columns: a wide table may have thousands. */
const MOST_WARNINGS = 10;

/**
 * Warns of columns that tell nothing about new rows: a column with one value, and one that numbers or names the rows.
 */
export function columnWarnings(columns: readonly TableColumn[], rows: number): string[] {
  // With a single row every column has one value; the warning of the target says so.
  if (rows === 1) return [];
  return atMost(
    MOST_WARNINGS,
    columns.flatMap((column) => {
      const what = constancy(column, rows) ?? uniqueness(column, rows);
      return what === undefined ? [] : [`column ${show(column.name)} ${what} (${leaveOut(column.name)})`];
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
  const rest = `${left} more columns have one value in all rows, nothing but gaps, or another value in each row`;
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

function uniqueness({ data, gaps }: TableColumn, rows: number): string | undefined {
  if (gaps > 0 || rows < FEWEST_ROWS) return undefined;
  if (data.kind === 'words')
    return data.words.length === rows ? 'has another word in each row, as names have' : undefined;
  const { values } = data;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isInteger(value)) return undefined;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (most - least !== rows - 1) return undefined;
  const seen = new Uint8Array(rows);
  for (const value of values) {
    if (seen[value - least] === 1) return undefined;
    seen[value - least] = 1;
  }
  return `numbers the rows from ${least} to ${most}`;
}
