import type { Cell } from '@gradloom/core';

/** A row as a file has it. */
export interface TableRow {
  /** 'line 12' or 'row 12': where it is, for messages. */
  readonly place: string;
  /** Its cells, in the order of the columns. */
  readonly cells: readonly Cell[];
}

/** An open file of rows. */
export interface TableReader {
  /** Names of the columns; null where the file has none. */
  names(): readonly string[] | null;
  /** Where the names are, such as 'line 1'. */
  readonly namesPlace?: string;
  /** How the file was read, such as 'fields separated by ";"', to be shown once. */
  readonly findings?: readonly string[];
  /** The rows, as they are read: awaiting each one would take longer than reading it. */
  readonly batches: AsyncIterable<readonly TableRow[]>;
  /** Closes a file that is not read to its end. */
  close?(): Promise<void>;
}

/** How a file is read. */
export interface TableReadOptions {
  /** Whether the first row holds column names. */
  readonly header?: boolean | undefined;
  /** The character between fields. */
  readonly delimiter?: DelimiterName | undefined;
}

/** Characters between the fields of a row. */
export const delimiters = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } satisfies Record<DelimiterName, string>;

/** What separates the fields of a CSV file. */
export type DelimiterName = 'comma' | 'semicolon' | 'tab' | 'pipe';

/** A format of tables. */
export interface TableFormat {
  /** Description in an error. */
  readonly title: string;
  /** Whether a file of this name has the format. */
  matches(path: string): boolean;
  /** Opens a file. @throws Error naming the path. */
  open(path: string, options: TableReadOptions): Promise<TableReader>;
}
