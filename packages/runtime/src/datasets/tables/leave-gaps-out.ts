import { counted } from '@gradloom/core/internal';
import type { Table, TableColumn } from './table.ts';

/** The table without the rows that have a gap in an input. @throws Error of `fault` where none is left. */
export function leaveGapsOut(table: Table, fault: (problem: string) => Error): Table {
  const gaps = new Uint8Array(table.rows);
  for (const { data } of table.inputs) {
    for (let n = 0; n < table.rows; n++) {
      if (data.kind === 'numbers' ? Number.isNaN(data.values[n]) : data.indices[n] === -1) gaps[n] = 1;
    }
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
    inputs: table.inputs.map((column) => ({ ...column, gaps: 0, data: rowsOf(column, kept) })),
    targets: table.targets.map((column) => ({ ...column, data: rowsOf(column, kept) })),
    weights: table.weights && { ...table.weights, data: rowsOf(table.weights, kept) },
    decisions: [...table.decisions, decision],
  };
}

const rowsOf = ({ data }: TableColumn, rows: Uint32Array): TableColumn['data'] =>
  data.kind === 'numbers'
    ? { kind: 'numbers', values: Float64Array.from(rows, (n) => data.values[n]) }
    : { ...data, indices: Int32Array.from(rows, (n) => data.indices[n]) };
