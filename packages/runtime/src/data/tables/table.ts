import {
  type CellFormat,
  type ColumnType,
  type LabelList,
  OptionError,
  type SeriesGaps,
  type SeriesStep,
} from '@gradloom/core';
import { checkObject, show, showName } from '@gradloom/core/internal';
import { mapSets } from '../dataset.ts';
import type { SplitRows } from '../split.ts';
import type { TableOptions } from './table-options.ts';

/** A table in memory: one typed array per column. */
export interface Table {
  /** Name in messages, by default the path. */
  readonly name: string;
  /** N: number of rows. */
  readonly rows: number;
  /** The columns that become inputs, in the order of the file. */
  readonly inputs: readonly TableColumn[];
  /** The target columns. */
  readonly targets: readonly TableColumn[];
  /** The column of sample weights; null if there is none. */
  readonly weights: TableColumn | null;
  /** Names of the columns that are left out. */
  readonly leftOut: readonly string[];
  /** Why columns are left out that were not said to be: ids and text, by name. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Names of the classes in the order of their indices; null if the targets are values. */
  readonly classes: readonly string[] | null;
  /** Decisions about the file as a whole, a sentence each, with how to change them. */
  readonly decisions: readonly string[];
  /** Possible problems of columns, a sentence each. */
  readonly warnings: readonly string[];
  /** For a series: its times, and how rows become windows. The target is then one of the inputs, too. */
  readonly series?: TableSeries;
  /** The column by which rows are split. @default rows are split at random */
  readonly split?: TableSplit;
  /** Options it was read with. */
  readonly options: TableOptions;
  /** With `stream`: the folder of its columns. */
  readonly cache?: string;
}

/** The times of a table's rows. */
export interface TableSeries {
  /** The time of each row: days since 1970-01-01, or numbers. */
  readonly time: TableColumn;
  /** The name of each row's series; null if all rows are one. */
  readonly key: TableColumn | null;
  /** T: rows of a window. */
  readonly context: number;
  /** Number of rows after a window that are forecast. */
  readonly horizon: number;
  /** Time from a row to the next. */
  readonly step: SeriesStep;
  /** Whether rows are the means of those in each step. */
  readonly means: boolean;
  /** How steps without a row are treated. */
  readonly gaps: SeriesGaps;
  /** The known rows next to each interpolated row; of a known row itself. @default all rows are known */
  readonly filled?: {
    /** [N] the one before. */
    readonly before: Int32Array;
    /** [N] the one after. */
    readonly after: Int32Array;
  };
}

/** How the rows of a table are split. */
export interface TableSplit {
  /** By 'time' the last rows are held out, by 'group' all rows of some groups. */
  readonly by: 'time' | 'group';
  /** Times as numbers, or groups as words. */
  readonly column: TableColumn;
}

/** A column of a table. */
export interface TableColumn {
  /** Its name. */
  readonly name: string;
  /** How its cells are read. */
  readonly type: ColumnType;
  /** Reason for this type. */
  readonly reason: string;
  /** How its numbers or dates are written. @default plain: 1234.5 and 2024-12-31 */
  readonly format?: CellFormat;
  /** Number of gaps. */
  readonly gaps: number;
  /** For a target that is a label: the column of lists that it is in. */
  readonly list?: LabelList;
  /** The cells. */
  readonly data: NumberColumn | WordColumn;
}

/** Cells as numbers. */
export interface NumberColumn {
  /** Kind of column. */
  readonly kind: 'numbers';
  /** [N] numbers, NaN for a gap. */
  readonly values: Float64Array;
  /** For a cached column, whose `values` are read on each access: `count` numbers from `first`. */
  readonly part?: (first: number, count: number) => Float64Array;
}

/** Cells as indices into a list of words. */
export interface WordColumn {
  /** Kind of column. */
  readonly kind: 'words';
  /** The distinct words. */
  readonly words: readonly string[];
  /** [N] indices into `words`, -1 for a gap. */
  readonly indices: Int32Array;
  /** For a column of images: the images at the paths that are its words. */
  readonly images?: ColumnImages;
  /** For a cached column, whose `indices` are read on each access: `count` indices from `first`. */
  readonly part?: (first: number, count: number) => Int32Array;
}

/** The images of a column. */
export interface ColumnImages {
  /** Height in pixels. */
  readonly height: number;
  /** Width in pixels. */
  readonly width: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** Bits of their 16-bit values. @default no image has any */
  readonly bits?: number;
  /** Bytes [words, height, width, channels]. */
  readonly pixels: Uint8Array;
}

/** The columns of a table, or what stands for them. */
export interface Columns<C> {
  readonly inputs: readonly C[];
  readonly targets: readonly C[];
  readonly weights: C | null;
  readonly split?: { readonly by: TableSplit['by']; readonly column: C } | null;
}

export const mapColumns = <A, B>({ inputs, targets, weights, split }: Columns<A>, change: (column: A) => B) => ({
  inputs: inputs.map(change),
  targets: targets.map(change),
  weights: weights && change(weights),
  ...(split && { split: { by: split.by, column: change(split.column) } }),
});

/** Copies the cells of `rows`. Overwrites `out`. */
export function pickCells<T extends Float64Array | Int32Array>(
  cells: Float64Array | Int32Array,
  out: T,
  rows: Uint32Array,
): T {
  for (let n = 0; n < rows.length; n++) out[n] = cells[rows[n]];
  return out;
}

/** The cells of `rows` of a column. */
export function pickRows({ data }: TableColumn, rows: Uint32Array): TableColumn['data'] {
  if (data.kind === 'numbers')
    return { kind: 'numbers', values: pickCells(data.values, new Float64Array(rows.length), rows) };
  return { kind: 'words', words: data.words, indices: pickCells(data.indices, new Int32Array(rows.length), rows) };
}

const READ_TABLE = 'one that readTable read';

/** Returns the table if it looks like one. @throws OptionError otherwise. */
export function checkTable(where: string, table: Table): Table {
  checkObject(where, 'table', table, READ_TABLE);
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
  const expected = `rows from 0 to ${table.rows - 1} (of ${showName(table.name)})`;
  throw new OptionError(where, name, `has ${beyond}, expected ${expected}`);
}

/** Checks the rows of each set. @throws OptionError as `checkRows` does. */
export function checkSplitRows(where: string, rows: SplitRows, table: Table): SplitRows {
  checkObject(where, 'rows', rows, '{ train, validation?, test? }, each a Uint32Array of rows');
  return mapSets(rows, (setRows, set) => checkRows(where, `rows.${set}`, setRows, table));
}
