import { type Cell, OptionError } from '@gradloom/core';
import { flattenRow, readNumber, show } from '@gradloom/core/internal';
import type { PartFault, TableReader, TableReadOptions, TableRow } from './table-reader.ts';

/** A row of a JSON file: an object by column name, or an array of cells. */
export interface JsonRow {
  readonly location: string; // 'line 12'
  readonly value: unknown;
}

/** Description of a valid row for errors. */
export const EXPECTED_ROW = 'an object such as {"age": 41, "city": "Oslo"}, or an array of cells';

/** Far more than any table has. */
const MAX_NAMES = 100_000;

type Rows = AsyncGenerator<readonly JsonRow[]>;

/**
 * Opens a table of JSON rows. Rows of objects have the names of all their keys, in order of first appearance, so the
 * file is read twice; a missing key is a gap. The keys of an object in a row are columns, too: to.city. If rows are
 * arrays, the first holds names if all of its cells are text and none is a number.
 */
export async function openJsonRows(
  options: TableReadOptions,
  fault: PartFault,
  rows: () => Rows, // starts again from the beginning
): Promise<TableReader> {
  refuseDelimiter(options, 'JSON');
  const first = await firstOf(rows());
  if (first === undefined || Array.isArray(first.value)) return openArrays(options, first, rows(), fault);
  if (options.header === false) {
    throw new OptionError('readTable', 'header', 'has false, expected none (rows that are objects name their columns)');
  }
  const names = await namesOf(rows(), fault); // with their indices
  const batches = cellsOf(rows(), (row) => objectCells(row, names, fault));
  return {
    names: () => [...names.keys()],
    namesLocation: 'a row',
    areObjects: true,
    findings: ['names of columns from the keys of all rows'],
    batches,
    close: async () => void (await batches.return(undefined)),
  };
}

/** @throws OptionError if a delimiter is given: only CSV has one. */
export function refuseDelimiter({ delimiter }: TableReadOptions, format: string): void {
  if (delimiter === undefined) return;
  const problem = `has ${delimiter}, expected none (a ${format} file has no delimiter)`;
  throw new OptionError('readTable', 'delimiter', problem);
}

async function firstOf(rows: Rows): Promise<JsonRow | undefined> {
  for await (const [first] of rows) if (first !== undefined) return first;
  return undefined;
}

async function namesOf(rows: Rows, fault: PartFault): Promise<Map<string, number>> {
  const names = new Map<string, number>();
  const namesWithValue = new Set<string>();
  for await (const batch of rows) {
    for (const row of batch) {
      for (const [key, value] of Object.entries(objectOf(row, fault))) {
        if (!names.has(key)) names.set(key, names.size);
        if (value !== null && value !== undefined) namesWithValue.add(key);
      }
      if (names.size > MAX_NAMES) {
        throw fault(`${row.location} has the ${names.size}th name of a column, expected at most ${MAX_NAMES}`);
      }
    }
  }
  // A null in place of an object, whose columns are such as to.city, is a gap in these and no column `to`.
  const objectNames = new Set(
    [...names.keys()].flatMap((name) => [...name.matchAll(/\./g)].map((dot) => name.slice(0, dot.index))),
  );
  const columnNames = [...names.keys()].filter((name) => namesWithValue.has(name) || !objectNames.has(name));
  return new Map(columnNames.map((name, index) => [name, index]));
}

function objectOf({ location, value }: JsonRow, fault: PartFault): Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) throw fault(`${location} has an array, expected an object (as the first row)`);
  if (typeof value === 'object' && value !== null) return flattenRow(value as Record<string, unknown>);
  throw fault(`${location} has ${show(value)}, expected ${EXPECTED_ROW}`);
}

function objectCells(row: JsonRow, names: ReadonlyMap<string, number>, fault: PartFault): Cell[] {
  const cells = new Array<Cell>(names.size).fill(null);
  for (const [key, value] of Object.entries(objectOf(row, fault))) {
    const index = names.get(key);
    if (index === undefined) continue;
    cells[index] = cellOf(value, () => `${row.location}, column ${index + 1} (${show(key)})`, fault);
  }
  return cells;
}

function openArrays(
  { header }: TableReadOptions,
  first: JsonRow | undefined,
  rows: Rows,
  fault: PartFault,
): TableReader {
  const firstCells = first === undefined ? [] : arrayCells(first, fault);
  const isName = (cell: Cell): boolean => typeof cell === 'string' && readNumber(cell) === undefined;
  const isNamed = first !== undefined && (header ?? (firstCells.length > 0 && firstCells.every(isName)));
  const batches = cellsOf(rows, (row) => arrayCells(row, fault), isNamed ? 1 : 0);
  const location = first?.location ?? '';
  return {
    names: () => (isNamed ? firstCells.map((cell) => String(cell ?? '')) : null),
    ...(isNamed ? { namesLocation: location } : {}),
    findings: [isNamed ? `names of columns in ${location}` : 'no names of columns, so they are numbered from 1'],
    batches,
    close: async () => void (await batches.return(undefined)),
  };
}

function arrayCells({ location, value }: JsonRow, fault: PartFault): Cell[] {
  if (!Array.isArray(value)) {
    const has = typeof value === 'object' && value !== null ? 'an object' : show(value);
    throw fault(`${location} has ${has}, expected an array (as the first row)`);
  }
  return value.map((cell: unknown, c) => cellOf(cell, () => `${location}, column ${c + 1}`, fault));
}

/**
 * A value as a cell. A list stays one, and is refused where its column is read. @throws Error of `fault` for a number
 * that is not finite.
 */
export function cellOf(value: unknown, location: () => string, fault: PartFault): Cell {
  if (typeof value !== 'number' || Number.isFinite(value) || Number.isNaN(value)) return value as Cell;
  throw fault(`${location()} has a number that is not finite, expected one of at most 1.8e308`);
}

async function* cellsOf(
  rows: Rows,
  read: (row: JsonRow) => readonly Cell[],
  skippedRows = 0,
): AsyncGenerator<readonly TableRow[], void, undefined> {
  let rowsToSkip = skippedRows;
  for await (const batch of rows) {
    yield batch.slice(rowsToSkip).map((row) => ({ location: row.location, cells: read(row) }));
    rowsToSkip = Math.max(0, rowsToSkip - batch.length);
  }
}
