import { counted } from '@gradloom/core/internal';
import type { ColumnStore } from '../columns/column-store.ts';
import { mapColumns, type Table, type TableColumn } from '../table.ts';

/** The table without rows that have a gap in an input. @throws Error of `fault` if no rows are left. */
export function leaveGapsOut(table: Table, fault: (problem: string) => Error, keep: ColumnStore['keep']): Table {
  const hasGap = new Uint8Array(table.rows);
  for (const { data } of table.inputs) {
    const cells = data.kind === 'numbers' ? data.values : data.indices;
    const isGap = data.kind === 'numbers' ? Number.isNaN : (index: number) => index === -1;
    for (let n = 0; n < table.rows; n++) if (isGap(cells[n])) hasGap[n] = 1;
  }
  const rows = Uint32Array.from({ length: table.rows }, (_, n) => n).filter((n) => hasGap[n] === 0);
  if (rows.length === 0) throw fault(' has a gap in each row, expected rows without (--missing impute fills them in)');
  const count = table.rows - rows.length;
  if (count === 0) return table;
  const isText = table.inputs[0].type === 'text';
  const gap = isText ? 'no text' : count === 1 ? 'a gap' : 'gaps';
  const has = count === 1 ? `row has ${gap} and is` : `rows have ${gap} and are`;
  const advice = isText ? '' : ' (--missing impute fills gaps in)';
  const keepRows = (column: TableColumn): TableColumn => keep({ ...column, data: pickRows(column, rows) });
  return {
    ...table,
    rows: rows.length,
    ...mapColumns({ ...table, inputs: table.inputs.map((column) => ({ ...column, gaps: 0 })) }, keepRows),
    decisions: [...table.decisions, `${count} of ${counted(table.rows, 'row')}: the ${has} left out${advice}`],
  };
}

function pickRows({ data }: TableColumn, rows: Uint32Array): TableColumn['data'] {
  if (data.kind === 'numbers')
    return { kind: 'numbers', values: pick(data.values, new Float64Array(rows.length), rows) };
  return { kind: 'words', words: data.words, indices: pick(data.indices, new Int32Array(rows.length), rows) };
}

/** Copies the cells of `rows`. Overwrites `out`. */
function pick<T extends Float64Array | Int32Array>(cells: T, out: T, rows: Uint32Array): T {
  for (let n = 0; n < rows.length; n++) out[n] = cells[rows[n]];
  return out;
}
