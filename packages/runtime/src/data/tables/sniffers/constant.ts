import { show } from '@gradloom/core/internal';
import { leaveOut } from '../advice.ts';
import type { TableColumn } from '../table.ts';
import type { ColumnRule, Sniffer } from './sniffer.ts';

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
      const all = rows === 1 ? 'its only row' : `all ${rows} rows`;
      const nothing = data.kind === 'words' ? 'nothing to tell apart' : 'nothing to learn';
      return [`${file}: column ${show(name)}, the target, has ${show(value)} in ${all}, so there is ${nothing}`];
    }),
};

/** The value that all cells have, if they do; the column has no gaps. */
function onlyValue(data: TableColumn['data']): string | number | undefined {
  if (data.kind === 'words') return data.words.length === 1 ? data.words[0] : undefined;
  const { values } = data;
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}
