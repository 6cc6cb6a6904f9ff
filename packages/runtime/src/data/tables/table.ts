import type { ColumnType } from '@gradloom/core';
import type { TableOptions } from './table-options.ts';

/** A file of rows in memory: a typed array a column. */
export interface Table {
  /** Its name in messages, by default the path. */
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
  /** Names of the classes in the order of their indices; null if the targets are values. */
  readonly classes: readonly string[] | null;
  /** What was decided about the file as a whole, a sentence each, with how to change it. */
  readonly decisions: readonly string[];
  /** What the columns may have wrong, a sentence each. */
  readonly warnings: readonly string[];
  /** How it was read. */
  readonly options: TableOptions;
  /** The folder that its columns are kept in, with `stream`. */
  readonly cache?: string;
}

/** A column of a table. */
export interface TableColumn {
  /** Its name. */
  readonly name: string;
  /** How its cells are read. */
  readonly type: ColumnType;
  /** Why it has this type. */
  readonly reason: string;
  /** Number of gaps. */
  readonly gaps: number;
  /** The cells. */
  readonly data: NumberColumn | WordColumn;
}

/** Cells as numbers. */
export interface NumberColumn {
  /** Which kind of column this is. */
  readonly kind: 'numbers';
  /** [N] numbers, NaN for a gap. */
  readonly values: Float64Array;
  /** Of a column in a cache, which is read whenever `values` is asked for: `count` numbers from `first` on. */
  readonly part?: (first: number, count: number) => Float64Array;
}

/** Cells as places in a dictionary. */
export interface WordColumn {
  /** Which kind of column this is. */
  readonly kind: 'words';
  /** The dictionary: each word once. */
  readonly words: readonly string[];
  /** [N] places in the dictionary, -1 for a gap. */
  readonly indices: Int32Array;
  /** Of a column in a cache, which is read whenever `indices` is asked for: `count` places from `first` on. */
  readonly part?: (first: number, count: number) => Int32Array;
}
