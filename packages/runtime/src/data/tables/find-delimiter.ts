import { type DelimiterName, delimiters } from './table-reader.ts';

/** Rows that are looked at. */
const MOST_ROWS = 100;

const decimalComma = /^\s*"?[+-]?\d+,\d+"?\s*$/;

/**
 * The delimiter of a text: the one that all of the first rows have equally often, the more often the better. A comma
 * that only stands within numbers of fields that ';' separates is a decimal comma.
 */
export function findDelimiter(text: string, path: string, isWhole: boolean): DelimiterName {
  const standard: DelimiterName = /\.tsv(\.gz)?$/i.test(path) ? 'tab' : 'comma';
  const rows = firstRows(text, isWhole);
  const counted = Object.entries(delimiters).map(([name, character]) => {
    const counts = rows.map((row) => row.split(character).length - 1);
    const least = Math.min(...counts);
    return { name: name as DelimiterName, least, isSame: counts.every((count) => count === least) };
  });
  const present = counted.filter(({ least }) => least > 0);
  const even = present.filter(({ isSame }) => isSame);
  const candidates = even.length > 0 ? even : present;
  const own = candidates.find(({ name }) => name === standard && standard === 'tab');
  if (own !== undefined) return own.name;
  const hasSemicolon = candidates.some(({ name }) => name === 'semicolon');
  const fields = rows.flatMap((row) => row.split(';'));
  if (hasSemicolon && fields.every((field) => !field.includes(',') || decimalComma.test(field))) return 'semicolon';
  return candidates.toSorted((a, b) => b.least - a.least).at(0)?.name ?? standard;
}

/** The first rows, without what stands in quotes; the last one is left out where the text may end within it. */
function firstRows(text: string, isWhole: boolean): string[] {
  const rows: string[] = [];
  let row = '';
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '\n' || character === '\r') {
      if (row.trim() !== '') rows.push(row);
      if (rows.length === MOST_ROWS) return rows;
      row = '';
    } else row += character;
  }
  if (row.trim() !== '' && (isWhole || rows.length === 0)) rows.push(row);
  return rows;
}
