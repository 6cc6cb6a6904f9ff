import { createGrowingNumbers, type GrowingNumbers } from '../growing-numbers.ts';
import type { TableColumn } from './table.ts';

/** Where a table's columns are stored, while it is read and afterwards. */
export interface ColumnStore {
  /** For a table with `columns` columns, returns a function that makes the collector of one. */
  collecting(columns: number): () => GrowingNumbers;
  /** Stores a column for the life of the table. */
  keep(column: TableColumn): TableColumn;
}

/** Keeps columns in memory. */
export const memoryStore: ColumnStore = {
  collecting: () => createGrowingNumbers,
  keep: (column) => column,
};
