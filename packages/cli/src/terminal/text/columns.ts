import { printable } from '../printable.ts';

export interface ColumnsOptions {
  indent?: number; // spaces at the start of a line, default 2
  gap?: number; // spaces between columns, default 2
  right?: readonly number[]; // indices of right-aligned columns
}

/** Lines of a table with aligned columns. */
export function columns(rows: readonly (readonly string[])[], options: ColumnsOptions = {}): string[] {
  const { indent = 2, gap = 2, right = [] } = options;
  const widths: number[] = [];
  const lines = rows.map((row) => row.map(printable));
  for (const row of lines) for (const [c, cell] of row.entries()) widths[c] = Math.max(widths[c] ?? 0, cell.length);
  return lines.map((row) => {
    const cells = row.map((cell, c) => (right.includes(c) ? cell.padStart(widths[c]) : cell.padEnd(widths[c])));
    return `${' '.repeat(indent)}${cells.join(' '.repeat(gap))}`.trimEnd();
  });
}
