import { stripVTControlCharacters } from 'node:util';
import CliTable from 'cli-table3';
import { printable, restoreMarks } from '../printable.ts';
import { plural } from './format.ts';

export interface TableOptions {
  right?: readonly number[]; // indices of right-aligned columns
  width?: number; // maximum number of columns of the table, default 80
}

/** Characters of the package's frame: none but a gap between columns. */
const RULES = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '' };
const ENDS = { bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' };
const SIDES = { left: '', 'left-mid': '', right: '', 'right-mid': '', middle: '  ' };

/** Maximum number of rows of a table: 1,000 take a fifth of a second to lay out, and further ones take longer each. */
const MAX_ROWS = 1000;

/**
 * Lines of a table with a rule below its header. If it is too wide, the widest column of text wraps. If there are too
 * many rows, the first are shown, and a line says how many are left out.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [], width = 80 }: TableOptions = {},
): string[] {
  // A cell is one line of text; only the width of the table may break it.
  const cells = [head, ...rows.slice(0, MAX_ROWS)].map((row) => row.map(printable));
  const widths = head.map((_, c) => Math.max(...cells.map((row) => stripVTControlCharacters(row[c]).length)));
  const gaps = 2 * (head.length - 1);
  for (let excess = widths.reduce((sum, w) => sum + w, gaps) - width; excess > 0; excess--) {
    widths[columnToNarrow(widths, right)]--;
  }
  const drawn = new CliTable({
    chars: { ...RULES, ...ENDS, ...SIDES, mid: '', 'mid-mid': '' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: widths,
    colAligns: widths.map((_, c) => (right.includes(c) ? 'right' : 'left')),
    wordWrap: true,
  });
  drawn.push(...cells);
  const [first, ...rest] = restoreMarks(drawn.toString())
    .split('\n')
    .map((line) => line.trimEnd());
  const left = rows.length - MAX_ROWS;
  const omissionLines = left > 0 ? [`and ${plural(left, 'row')} more: --json has them all`] : [];
  return [first, widths.map((w) => '─'.repeat(w)).join('  '), ...rest, ...omissionLines];
}

/** Least width of a text column that is readable. */
const MIN_TEXT_WIDTH = 6;

/** The column to narrow. Columns of numbers, which cutting would change, only if no text column can be narrowed. */
function columnToNarrow(widths: readonly number[], right: readonly number[]): number {
  const texts = widths.map((width, c) => (right.includes(c) || width <= MIN_TEXT_WIDTH ? 0 : width));
  const widest = Math.max(...texts);
  return widest > 0 ? texts.indexOf(widest) : widths.indexOf(Math.max(...widths));
}

/** Words in lines of at most 78 columns, the first one not indented. */
export function wrapSentence(sentence: string): string[] {
  const lines: string[] = [''];
  for (const word of sentence.split(' ')) {
    const line = lines[lines.length - 1];
    if (line.length + 1 + word.length > 78) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
