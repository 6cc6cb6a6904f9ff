import type { CellAt, TableRow } from '../formats/table-reader.ts';
import type { Table, TableColumn } from '../table.ts';

/** Why a column is left out, and the flag that keeps it. */
export interface Exclusion {
  readonly reason: string;
  /** Such as '--column review:text'. */
  readonly flag?: string;
  /** What it does instead, such as 'reads its words'. */
  readonly effect?: string;
}

/** A target column and its class names; null if it holds values. */
export interface Target {
  readonly column: TableColumn;
  readonly classes: readonly string[] | null;
  /** Whether it has numbers, which nobody said to be classes or values. */
  readonly isGuess: boolean;
}

/** A table to train on, whose columns have been read. */
export interface SniffedTable extends Pick<Table, 'rows' | 'inputs' | 'options'> {
  /** Name of the file. */
  readonly file: string;
  readonly targets: readonly Target[];
  readonly isSeries: boolean;
  /** Inputs whose types follow from their cells, with their first number with zeros before it. */
  readonly guessed: readonly { readonly column: TableColumn; readonly zeroPadded: CellAt | null }[];
  /** Why columns are left out, by name. */
  readonly exclusions: ReadonlyMap<string, Exclusion>;
  /** Identifiers that are kept, since the table has no other inputs. */
  readonly identifiers: ReadonlyMap<string, Exclusion>;
  /** The last row of the file, and the names of the columns that were read, by their index in it. */
  readonly lastRow: TableRow;
  readonly names: ReadonlyMap<number, string>;
}

/** A rule by which something about a table is decided or suspected. */
export interface Sniffer {
  /** The flag with which the user changes it; null if only the file can be changed. */
  readonly flag: string | null;
  /** What was decided, a sentence each. */
  decide?(table: SniffedTable): string[];
  /** What may be a mistake, a sentence each. `finalTable` has no rows that are left out for a gap. */
  warn?(table: SniffedTable, finalTable: Pick<Table, 'rows' | 'targets'>): string[];
}

/** A rule that suspects something about a single column, which a warning then names. */
export interface ColumnRule {
  /** What columns of this kind have, such as 'one value in all rows'. */
  readonly what: string;
  /** The rest of the sentence on the column; undefined if nothing is wrong with it. */
  suspect(column: TableColumn): string | undefined;
}
