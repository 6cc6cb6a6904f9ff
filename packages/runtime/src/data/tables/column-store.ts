import { createGrowingNumbers, type GrowingNumbers } from '../growing-numbers.ts';
import type { TableColumn } from './table.ts';

/** Where a table's columns are while it is read, and afterwards. */
export interface ColumnStore {
  /** For a table of `columns` columns: what collects the numbers of one. */
  collecting(columns: number): () => GrowingNumbers;
  /** The column as it is kept. */
  keep(column: TableColumn): TableColumn;
}

/** Columns stay in memory. */
export const memoryStore: ColumnStore = {
  collecting: () => createGrowingNumbers,
  keep: (column) => column,
};
