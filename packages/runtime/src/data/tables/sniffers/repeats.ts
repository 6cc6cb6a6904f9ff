import { counted, readBoolean, readNumber, show } from '@gradloom/core/internal';
import { leaveOut } from '../advice.ts';
import type { TableColumn } from '../table.ts';
import type { ColumnRule, Sniffer } from './sniffer.ts';

/** Warns of a column of categories that seem to be one in several spellings. */
export const spellings: ColumnRule = {
  what: 'a word in several spellings',
  suspect: (column) => describeSpellings(column, 'categories', 'in the file, and in rows to predict,'),
};

/** Warns of classes that seem to be one in several spellings. */
export const spelledTarget: Sniffer = {
  flag: null,
  warn: (_table, { targets }) =>
    targets.flatMap((target) => {
      const several = describeSpellings(target, 'classes', 'in the file');
      return several === undefined ? [] : [`column ${show(target.name)}, the target, ${several}`];
    }),
};

/** Maximum number of words that a warning lists as spellings of each other. */
const MAX_SPELLINGS = 10;

/** Says which words differ in case or spaces alone, or are spellings of one answer, such as yes and Y. */
function describeSpellings({ data }: TableColumn, what: 'classes' | 'categories', where: string): string | undefined {
  if (data.kind !== 'words') return undefined;
  const { words } = data;
  const areAnswers = words.every((word) => readNumber(word) === undefined && readBoolean(word) !== undefined);
  const keys = words.map((word) => (areAnswers ? String(readBoolean(word)) : word.toLowerCase().replace(/\s+/g, ' ')));
  if (new Set(keys).size === words.length) return undefined;
  const counts = new Uint32Array(words.length);
  for (const index of data.indices) if (index !== -1) counts[index]++;
  const groups = new Map<string, string[]>();
  for (const [index, word] of words.entries()) {
    if (counts[index] === 0) continue;
    const spelling = `${show(word)} in ${counted(counts[index], 'row')}`;
    groups.set(keys[index], [...(groups.get(keys[index]) ?? []), spelling]);
  }
  const several = [...groups.values()].filter((group) => group.length > 1);
  if (several.length === 0) return undefined;
  const groupTexts = several.slice(0, MAX_SPELLINGS).map((group) => group.slice(0, MAX_SPELLINGS).join(' and '));
  const omittedCount = several.length - groupTexts.length;
  const parts = [...groupTexts, ...(omittedCount > 0 ? [`${omittedCount} more of the kind`] : [])].join(', and ');
  return `has ${parts}, which stay different ${what}: write them alike ${where} if they are one`;
}

/** Warns of a column with one value, which says nothing about new rows. */
export const constant: ColumnRule = {
  what: 'one value in all rows',
  suspect({ name, data, gaps }) {
    const value = gaps > 0 ? undefined : onlyValue(data);
    return value === undefined ? undefined : `has ${show(value)} in all rows (${leaveOut(name)})`;
  },
};

/** Warns of a target with one value, or with one class if no others are known: nothing can be learned from it. */
export const constantTarget: Sniffer = {
  flag: null,
  warn: ({ file }, { rows, targets }) =>
    targets.flatMap(({ name, data }) => {
      const value = onlyValue(data);
      if (value === undefined) return [];
      const rowsText = rows === 1 ? 'its only row' : `all ${rows} rows`;
      const nothing = data.kind === 'words' ? 'nothing to tell apart' : 'nothing to learn';
      return [`${file}: column ${show(name)}, the target, has ${show(value)} in ${rowsText}, so there is ${nothing}`];
    }),
};

/** The value that all cells have, if they do; the column has no gaps. */
function onlyValue(data: TableColumn['data']): string | number | undefined {
  if (data.kind === 'words') return data.words.length === 1 ? data.words[0] : undefined;
  const { values } = data;
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}
