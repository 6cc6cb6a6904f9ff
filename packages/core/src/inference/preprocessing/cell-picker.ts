import { nearest } from '../../checks/nearest.ts';
import { listed, show, showName } from '../../checks/show.ts';
import { type Cell, CellError, type NamedRow } from './cell.ts';
import { type ColumnEncoding, columnsOfTargets, type TablePreprocessing } from './preprocessing.ts';

/** Whether a cell of the column may be a gap. */
export const takesGaps = (column: ColumnEncoding): boolean =>
  column.type === 'categorical' ||
  (column.type === 'text' ? column.gaps === true : 'fill' in column && column.fill !== null);

/** Whether an object may lack the column, as a gap: training rows had some. */
export const mayLack = (column: ColumnEncoding): boolean =>
  ('gaps' in column && column.gaps === true) ||
  (column.type === 'categorical' ? column.missing : 'indicator' in column && column.indicator);

/** Picks cells in column order from an object by column name. Objects in it are flattened. */
export type CellPicker = (row: NamedRow) => Cell[];

/**
 * Creates the picker of `leading` columns, and then of a model's columns. An absent key is a gap where training rows
 * had gaps, as in the rows of a JSON file. It is a mistake in other columns, in a row that has none of the columns, and
 * where the row has a key of nearly that name. @throws CellError (the picker) that names all columns that are missing.
 */
export function createCellPicker({ columns, target }: TablePreprocessing, leading: readonly string[] = []): CellPicker {
  const names = [...leading, ...columns.map(({ name }) => name)];
  const columnNames = new Set([...names, ...columnsOfTargets(target)]);
  const optional = new Set(columns.filter(mayLack).map(({ name }) => name));
  const gapColumns = new Set(columns.filter(takesGaps).map(({ name }) => name));

  /** @throws CellError for a misspelled column, else for those that are missing. */
  function checkAbsent(absent: readonly string[], missing: readonly string[], unknownKeys: readonly string[]): void {
    for (const name of absent) {
      const misspelledKey = unknownKeys.find((other) => isMisspelling(other, name));
      if (misspelledKey === undefined) continue;
      const list = names.slice(0, 20).map(show).join(', ');
      throw new CellError(misspelledKey, 'is unknown', `${list} (did you mean ${showName(name)}?)`);
    }
    if (missing.length === 0) return;
    const [name, ...otherNames] = missing;
    const verb = otherNames.length === 1 ? 'is' : 'are';
    const othersText = otherNames.length === 0 ? '' : `, and so ${verb} ${listed(otherNames.map(show), 19)}`;
    const expected = missing.some((column) => gapColumns.has(column)) ? 'a value, or null for a gap' : 'a value';
    const extraText =
      unknownKeys.length === 0 ? '' : ` (the row also has ${unknownKeys.slice(0, 20).map(show).join(', ')})`;
    throw new CellError(name, `is missing${othersText}`, expected + extraText);
  }

  const isNested = names.some((name) => name.includes('.'));
  return (nestedRow) => {
    const row = isNested ? (flattenRow(nestedRow) as NamedRow) : nestedRow;
    const absent = names.filter((name) => !Object.hasOwn(row, name));
    if (absent.length > 0) {
      const missing = absent.length === names.length ? absent : absent.filter((name) => !optional.has(name));
      const unknownKeys = Object.keys(row).filter((key) => !columnNames.has(key));
      checkAbsent(absent, missing, unknownKeys);
    }
    return names.map((name) => (Object.hasOwn(row, name) ? row[name] : null));
  };
}

/** Whether a key is nearly the name. One that differs in its digits alone is another column, such as x2 beside x1. */
const isMisspelling = (key: string, name: string): boolean =>
  nearest(key, [name]) !== undefined && key.replace(/\d/g, '') !== name.replace(/\d/g, '');

/** Deeper objects stay as they are, and are refused as cells: an object may hold itself. */
const MAX_DEPTH = 16;

/** An object of names, as JSON has it: no list, date or array of numbers. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A row whose objects are columns: { to: { city: 'Oslo' } } becomes { 'to.city': 'Oslo' }. Lists stay as they are. */
export function flattenRow(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Object.values(row).some(isRecord)) return row;
  const flat: Record<string, unknown> = Object.create(null); // no prototype: __proto__ is a name like any other
  const add = (object: Readonly<Record<string, unknown>>, start: string, depth: number): void => {
    for (const [key, value] of Object.entries(object)) {
      if (isRecord(value) && depth < MAX_DEPTH) add(value, `${start}${key}.`, depth + 1);
      else flat[start + key] = value;
    }
  };
  add(row, '', 1);
  return flat;
}
