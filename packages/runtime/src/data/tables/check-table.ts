import { OptionError } from '@gradloom/core';
import { record, show, showName } from '@gradloom/core/internal';
import type { SplitRows } from '../split.ts';
import type { Table } from './table.ts';

const READ_TABLE = 'one that readTable read';

/** Returns the table if it looks like one. @throws OptionError otherwise. */
export function checkTable(where: string, table: Table): Table {
  record(where, 'table', table, READ_TABLE);
  const { rows, inputs, targets, options } = table;
  const isTable = [inputs, targets].every((columns) => Array.isArray(columns) && columns.length > 0);
  if (isTable && Number.isSafeInteger(rows) && typeof options === 'object' && options !== null) return table;
  throw new OptionError(where, 'table', `has ${show(table)}, expected ${READ_TABLE}`);
}

/** Returns the rows if the table has them. @throws OptionError otherwise. */
export function checkRows(where: string, name: string, rows: Uint32Array, table: Table): Uint32Array {
  if (!(rows instanceof Uint32Array) || rows.length === 0) {
    throw new OptionError(where, name, `has ${show(rows)}, expected a Uint32Array with at least one row`);
  }
  const beyond = rows.find((row) => row >= table.rows);
  if (beyond === undefined) return rows;
  throw new OptionError(
    where,
    name,
    `has ${beyond}, expected rows from 0 to ${table.rows - 1} (of ${showName(table.name)})`,
  );
}

/** Checks the rows of each set. @throws OptionError as `checkRows` does. */
export function checkSplitRows(where: string, rows: SplitRows, table: Table): SplitRows {
  record(where, 'rows', rows, '{ train, validation?, test? }, each a Uint32Array of rows');
  checkRows(where, 'rows.train', rows.train, table);
  for (const set of ['validation', 'test'] as const) {
    const indices = rows[set];
    if (indices !== undefined) checkRows(where, `rows.${set}`, indices, table);
  }
  return rows;
}
