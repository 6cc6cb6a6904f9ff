import type { Cell } from '@gradloom/core';
import { showPath } from '@gradloom/core/internal';
import type { FileFault } from '../../../system/files/file-fault.ts';

export interface TableRow {
  /** 'line 12' or 'row 12', for messages. */
  readonly location: string;
  /** Its cells, in the order of the columns. */
  readonly cells: readonly Cell[];
}

/** A cell, and where it is: 'line 12' or 'row 12'. */
export interface CellAt {
  readonly location: string;
  readonly cell: Cell;
}

/** A file that is read row by row. */
export interface TableReader {
  /** Column names; null if the file has none. */
  names(): readonly string[] | null;
  /** Where the names are, such as 'line 1'. */
  readonly namesLocation?: string;
  /** Whether a row names its own cells, so that one that is not there is a gap. @default false */
  readonly areObjects?: boolean;
  /** How the file was read, such as 'fields separated by ";"'; shown once. */
  readonly findings?: readonly string[];
  /** The separator of its fields, if it has one. */
  readonly delimiter?: DelimiterName | undefined;
  /** The rows in batches: awaiting each one would take longer than reading it. */
  readonly batches: AsyncIterable<readonly TableRow[]>;
  /** Closes a file before its end. */
  close?(): Promise<void>;
}

/** Options of opening a file. */
export interface TableReadOptions {
  /** Whether the first row holds column names. */
  readonly header?: boolean | undefined;
  readonly encoding?: string | undefined;
  /** The character between fields. */
  readonly delimiter?: DelimiterName | undefined;
  /** The table of a SQLite file. */
  readonly table?: string | number | undefined;
  /** The query whose rows a SQLite file gives. */
  readonly query?: string | undefined;
}

/** Field separators of CSV files. */
export const delimiters = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } satisfies Record<DelimiterName, string>;

/** Name of a field separator. */
export type DelimiterName = 'comma' | 'semicolon' | 'tab' | 'pipe';

export interface TableFormat {
  /** Description for error messages. */
  readonly title: string;
  /** Whether a file of this name has the format. */
  matches(path: string): boolean;
  /** Opens a file. @throws Error naming the path. */
  open(path: string, options: TableReadOptions): Promise<TableReader>;
}

/** An error that already says which file of a table has which fault. */
export class TableFileError extends Error {}

export const fileFault =
  (path: string): FileFault =>
  (has, expected, cause) =>
    new TableFileError(`readTable: ${showPath(path)} has ${has}, expected ${expected}`, { cause });

/** Makes an error of a file from a sentence about a part of it, such as 'line 3 has …'. */
export type PartFault = (problem: string) => Error;

export const partFault =
  (path: string): PartFault =>
  (problem) =>
    new TableFileError(`readTable: ${showPath(path)}: ${problem}`);
