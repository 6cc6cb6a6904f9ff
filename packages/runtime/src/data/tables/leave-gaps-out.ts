import { counted } from '@gradloom/core/internal';
import type { ColumnStore } from './column-store.ts';
import type { Table, TableColumn } from './table.ts';

/** The table without the rows that have a gap in an input. @throws Error of `fault` where none is left. */
export function leaveGapsOut(table: Table, fault: (problem: string) => Error, keep: ColumnStore['keep']): Table {
  const gaps = new Uint8Array(table.rows);
  for (const { data } of table.inputs) {
    const cells = data.kind === 'numbers' ? data.values : data.indices;
    const gap = data.kind === 'numbers' ? Number.isNaN : (index: number) => index === -1;
    for (let n = 0; n < table.rows; n++) if (gap(cells[n])) gaps[n] = 1;
  }
  const kept = Uint32Array.from({ length: table.rows }, (_, n) => n).filter((n) => gaps[n] === 0);
  if (kept.length === 0) throw fault(' has a gap in each row, expected rows without (--missing impute fills them in)');
  const left = table.rows - kept.length;
  if (left === 0) return table;
  const has = left === 1 ? 'row has a gap and is' : 'rows have gaps and are';
  const decision = `${left} of ${counted(table.rows, 'row')}: the ${has} left out (--missing impute fills gaps in)`;
  return {
    ...table,
    rows: kept.length,
    inputs: table.inputs.map((column) => keep({ ...column, gaps: 0, data: rowsOf(column, kept) })),
    targets: table.targets.map((column) => keep({ ...column, data: rowsOf(column, kept) })),
    weights: table.weights && keep({ ...table.weights, data: rowsOf(table.weights, kept) }),
    decisions: [...table.decisions, decision],
  };
}

function rowsOf({ data }: TableColumn, rows: Uint32Array): TableColumn['data'] {
  if (data.kind === 'numbers')
    return { kind: 'numbers', values: pick(new Float64Array(rows.length), data.values, rows) };
  return { kind: 'words', words: data.words, indices: pick(new Int32Array(rows.length), data.indices, rows) };
}

/** The cells of the rows. Overwrites `picked`. */
function pick<T extends Float64Array | Int32Array>(picked: T, cells: T, rows: Uint32Array): T {
  for (let n = 0; n < rows.length; n++) picked[n] = cells[rows[n]];
  return picked;
}
