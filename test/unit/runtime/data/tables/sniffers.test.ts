import { readTable, type TableOptions } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { columnRules, sniffers } from '../../../../../packages/runtime/src/data/tables/sniffers/index.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();

interface Example {
  readonly header: string;
  readonly row: (n: number) => string;
  readonly says: string;
  /** Options with which it says nothing. */
  readonly unless: TableOptions | null;
}

const words = ['ann', 'bob', 'cem', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon', 'kim', 'leo'];

const examples: Readonly<Record<keyof typeof sniffers, Example>> = {
  targetKind: {
    header: 'x,y',
    row: (n) => `${n}.5,${n % 3}`,
    says: 'the target "y" is read as classes: 3 different whole numbers, each repeated',
    unless: { targets: 'classes' },
  },
  targetSpan: {
    header: 'x,y',
    row: (n) => `${n}.5,${1.5 * 10 ** n}`,
    says: 'its large values decide the loss',
    unless: { targetTransform: 'log' },
  },
  labelLists: {
    header: 'x,tags',
    row: (n) => `${n}.5,${['a;b', 'a', '', 'b;c', 'c'][n % 5]}`,
    says: 'the target "tags" is read as lists of 3 labels, separated by ";", 2 rows without one',
    unless: { labelSeparator: 'none' },
  },
  exclusions: {
    header: 'name,x,y',
    row: (n) => `${words[n]},${n}.5,${n % 2}`,
    says: 'column "name" is left out: another word in each row, as names have',
    unless: { columns: { name: 'categorical' } },
  },
  robustScale: {
    header: 'x,y',
    row: (n) => `${n === 3 ? -999 : n / 2},${n % 2}`,
    says: 'scaled by median and quartiles',
    unless: { scale: 'standard' },
  },
  zeroPadded: {
    header: 'zip,x,y',
    row: (n) => `0${100 + (n % 4)},${n}.5,${n % 2}`,
    says: 'column "zip" has numbers with zeros before them',
    unless: { columns: { zip: 'categorical' } },
  },
  constantTarget: {
    header: 'x,y',
    row: (n) => `${n}.5,a`,
    says: 'column "y", the target, has "a" in all 12 rows, so there is nothing to tell apart',
    unless: null,
  },
  spelledTarget: {
    header: 'x,y',
    row: (n) => `${n}.5,${['Plus', 'plus', 'basic'][n % 3]}`,
    says: 'column "y", the target, has "Plus" in 4 rows and "plus" in 4 rows',
    unless: null,
  },
  columns: {
    header: 'x,same,y',
    row: (n) => `${n}.5,7,${n % 2}`,
    says: 'column "same" has 7 in all rows',
    unless: { drop: ['same'] },
  },
  identifiers: {
    header: 'id,y',
    row: (n) => `${n + 1},${n % 2}`,
    says: 'column "id" has the numbers of the rows, from 1 to 12',
    unless: { columns: { id: 'numeric' } },
  },
  totalRow: {
    header: 'x,z,y',
    row: (n) => `${n < 11 ? n + 1 : 66},${n}.5,${n % 2}.5`,
    says: 'line 13, the last row, has the sum of all others in "x"',
    unless: null,
  },
};

const read = ({ header, row }: Example, options?: TableOptions) =>
  readTable(folder.write('any.csv', [header, ...Array.from({ length: 12 }, (_, n) => row(n))].join('\n')), options);

describe.each(Object.entries(examples))('%s', (name, example) => {
  const { flag, decide, warn } = { decide: undefined, warn: undefined, ...sniffers[name as keyof typeof sniffers] };

  test('speaks of a table that it is for, names its flag, and is silent with that', async () => {
    const { decisions, warnings } = await read(example);
    const sentences = [...(decide ? decisions : []), ...(warn ? warnings : [])];
    const [sentence, ...others] = sentences.filter((text) => text.includes(example.says));
    expect([sentence, others]).toEqual([expect.stringContaining(flag ?? ''), []]);
    expect(flag === null).toBe(example.unless === null);
    if (example.unless === null) return;
    const silent = await read(example, example.unless);
    expect([...silent.decisions, ...silent.warnings].filter((text) => text.includes(example.says))).toEqual([]);
  });
});

test('of many suspicious columns the first nine are named, and the kinds of the others', async () => {
  const names = Array.from({ length: 12 }, (_, c) => `c${c}`);
  const row = (n: number) => `${names.map(() => 7).join(',')},${n % 2}`;
  const { warnings } = await read({ header: `${names.join(',')},y`, row, says: '', unless: null });
  const kinds = Object.values(columnRules).map(({ what }) => what);
  expect(warnings).toHaveLength(10);
  expect(kinds.filter((what) => !warnings[9].includes(what))).toEqual([]);
});
