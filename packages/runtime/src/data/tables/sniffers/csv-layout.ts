import { show } from '@gradloom/core/internal';
import { openBytes } from '../../../system/files/byte-source.ts';
import { checkPath } from '../../../system/files/check-path.ts';
import { faultOf } from '../../../system/files/file-fault.ts';
import { readText } from '../../read-text.ts';
import { isSomeNumber } from '../columns/format-set.ts';
import { type DelimiterName, delimiters } from '../formats/table-reader.ts';
import { MAX_NOTES } from './end-of-table.ts';

export interface CsvRecord {
  readonly line: number; // of the file where it ends, from 1
  readonly fields: readonly string[];
}

/** Maximum number of lines above the names of columns, such as the title of a report. */
const MAX_TITLES = 20;

/**
 * Finds the record with the names of columns, the rows after it, and sentences on both. By default the first record
 * holds names if none of its fields is a number, and titles above them are left out; `header` says whether the very
 * first one does.
 */
export function findHeader(records: readonly CsvRecord[], header: boolean | undefined) {
  const titles = header === undefined ? countTitles(records) : 0;
  const rows = records.slice(titles);
  const first = rows.at(0);
  if (first === undefined) return { names: undefined, rows, findings: [] };
  const titleFindings = titles === 0 ? [] : [describeTitles(records.slice(0, titles))];
  if (!(header ?? areNames(first))) {
    return { names: undefined, rows, findings: [...titleFindings, 'no names of columns, so they are numbered from 1'] };
  }
  return { names: first, rows: rows.slice(1), findings: [...titleFindings, `names of columns in line ${first.line}`] };
}

const areNames = ({ fields }: CsvRecord): boolean => fields.every((field) => !isSomeNumber(field));

/**
 * The number of lines above the names of columns, such as the title of a report: less than half as many of their fields
 * are filled as of most lines, and a line of names in all of these follows.
 */
function countTitles(records: readonly CsvRecord[]): number {
  const filledCounts = records.map(({ fields }) => fields.filter((field) => field !== '').length);
  const medianCount = filledCounts.toSorted((a, b) => a - b).at(filledCounts.length >> 1) ?? 0;
  const titles = filledCounts.findIndex((count) => 2 * count >= medianCount);
  const isHeaderBelow = titles > 0 && filledCounts[titles] >= medianCount && areNames(records[titles]);
  return isHeaderBelow && titles <= MAX_TITLES ? titles : 0;
}

function describeTitles(titles: readonly CsvRecord[]): string {
  const [{ line, fields }] = titles;
  const leftOut =
    titles.length === 1
      ? `line ${line} is left out as a title: ${show(fields.find((field) => field !== '') ?? '')}`
      : `lines ${line} to ${titles[titles.length - 1].line} are left out as titles`;
  return `${leftOut} (:header=true takes line ${line} for the names)`;
}

/** Rows from which the delimiter is found. */
const MAX_ROWS = 100;

/** A shorter first text is the whole file: 64 KiB are read at a time, and a character has four bytes at most. */
const FIRST_TEXT_CHARACTERS = (1 << 16) / 4;

/**
 * Finds the delimiter in the first text of a file: the one that occurs equally often in all of the first rows, and most
 * often. A comma that only occurs within numbers, in fields separated by ';', is a decimal comma, or stands between
 * thousands.
 */
export function findDelimiter(text: string, path: string): DelimiterName {
  const defaultName: DelimiterName = /\.tsv(\.gz)?$/i.test(path) ? 'tab' : 'comma';
  const rows = rowsOfTable(firstRows(text));
  const separators = separatorsOf(rows);
  const sameCounts = separators.filter(({ isEqualInAll }) => isEqualInAll);
  const candidates = sameCounts.length > 0 ? sameCounts : separators;
  if (defaultName === 'tab' && candidates.some(({ name }) => name === 'tab')) return 'tab';
  const hasSemicolon = candidates.some(({ name }) => name === 'semicolon');
  const fields = rows.flatMap((row) => row.split(';'));
  if (hasSemicolon && fields.every((field) => !field.includes(',') || isMeasure(field))) return 'semicolon';
  return candidates.toSorted((a, b) => b.minCount - a.minCount).at(0)?.name ?? defaultName;
}

/** Lines that tell whether a text is a table. */
const MIN_LINES = 3;

/**
 * Finds whether a text looks like a table, such as one that a spreadsheet wrote with the ending .txt: the separator of
 * fields that all of its first lines have equally often, twice or more.
 */
export async function separatorIn(path: string) {
  const source = await openBytes('separatorIn', checkPath('separatorIn', path), 'a text file');
  try {
    for await (const text of readText(source, faultOf('separatorIn', path), {})) {
      const rows = firstRows(text);
      const match = separatorsOf(rows).find(
        ({ isEqualInAll, minCount, name }) => isEqualInAll && minCount > 1 && name !== 'pipe',
      );
      const isTable = rows.length >= MIN_LINES && match !== undefined;
      return isTable ? { lines: rows.length, name: match.name, count: match.minCount } : undefined;
    }
    return undefined;
  } finally {
    await source.close();
  }
}

/** The characters that separate fields in all rows: how often at least, and whether equally often. */
function separatorsOf(rows: readonly string[]): { name: DelimiterName; minCount: number; isEqualInAll: boolean }[] {
  return Object.entries(delimiters).flatMap(([name, character]) => {
    const counts = rows.map((row) => row.split(character).length - 1);
    const minCount = Math.min(...counts);
    const isEqualInAll = counts.every((count) => count === minCount);
    return minCount > 0 ? [{ name: name as DelimiterName, minCount, isEqualInAll }] : [];
  });
}

/** The rows between titles and notes, in all of which a character separates fields; all rows if there is none. */
function rowsOfTable(rows: readonly string[]): readonly string[] {
  for (let end = rows.length; end >= Math.max(2, rows.length - MAX_NOTES); end--) {
    for (let first = 0; first < Math.min(MAX_TITLES + 1, end - 1); first++) {
      const between = rows.slice(first, end);
      if (separatorsOf(between).length > 0) return between;
    }
  }
  return rows;
}

/** Whether a field is a number, with a unit or without. */
const isMeasure = (field: string): boolean =>
  isSomeNumber(field.replace(/^[^\d+.,−-]{1,4}|[^\d.,]{1,8}$/gu, '').trim());

/** The first rows, without quoted text. The last row is left out if the text may end within it. */
function firstRows(text: string): string[] {
  const isWhole = text.length < FIRST_TEXT_CHARACTERS;
  const rows: string[] = [];
  let row = '';
  let isQuoted = false;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === '\n' || character === '\r') {
      if (row.trim() !== '') rows.push(row);
      if (rows.length === MAX_ROWS) return rows;
      row = '';
    } else row += character;
  }
  if (row.trim() !== '' && (isWhole || rows.length === 0)) rows.push(row);
  return rows;
}
