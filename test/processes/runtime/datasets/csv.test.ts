import { gzipSync } from 'node:zlib';
import { type CsvOptions, loadCsv } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../../packages/runtime/src/data/tables/formats/csv-records.ts';
import { firstDifference } from '../../../support/bits.ts';
import { counted, onlyInAll } from '../../../support/count.ts';
import { damageOf } from '../../../support/damage.ts';
import { measureMemory } from '../../../support/measure-memory.ts';
import { messageOf } from '../../../support/message-of.ts';
import { needs } from '../../../support/needs.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const load = (text: string | Uint8Array, options?: CsvOptions) => loadCsv(folder.write('any.csv', text), options);

const columns = 3;
const table = fc.array(
  fc.record({
    x: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: columns, maxLength: columns }),
    t: fc
      .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
      .map((name) => `n${name.replaceAll('\0', '')}`.trim()),
  }),
  { minLength: 1, maxLength: 12 },
);

const style = fc.record({
  end: fc.constantFrom('\n', '\r\n', '\r'),
  mark: fc.constantFrom('', '\ufeff'),
  hasHeader: fc.boolean(),
  quotesAll: fc.boolean(),
  blank: fc.boolean(),
  last: fc.boolean(), // whether the last line ends
  packed: fc.boolean(),
});

test('numbers and names of classes come back from any style of the format', async () => {
  await fc.assert(
    fc.asyncProperty(table, style, async (rows, { end, mark, hasHeader, quotesAll, blank, last, packed }) => {
      const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
      const lines = rows.map(({ x, t }) => [
        ...x.map((value) => (quotesAll ? quote(String(value)) : String(value))),
        quote(t),
      ]);
      const all = [...(hasHeader ? [['a', 'b', '"c ""1"""', 't']] : []), ...lines].map((line) => line.join(','));
      const text = `${mark}${all.join(blank ? end + end : end)}${last ? end : ''}`;
      const set = await load(packed ? gzipSync(text) : text);
      const names = [...new Set(rows.map(({ t }) => t))].sort();
      expect(set).toMatchObject({ rows: rows.length, classes: names.length, labels: names });
      const numbers = rows.flatMap(({ x }) => x);
      expect(
        firstDifference(
          Float64Array.from(set.inputs.array),
          Float64Array.from(numbers, (value) => value || 0),
        ),
      ).toBeNull();
      expect([...set.targets.array].map((index) => names[index])).toEqual(rows.map(({ t }) => t));
    }),
    { seed: propertySeed, numRuns: counted(60, 200) },
  );
});

describe('the target', () => {
  test('is the last column: values where it holds numbers', async () => {
    const set = await load('1,2,0.5\n3,4,-1e3\n');
    expect(set).toMatchObject({ rows: 2, classes: null, inputs: { columns: 2, divisor: 1 } });
    expect([...set.targets.array]).toEqual([0.5, -1000]);
  });

  test('is another by its name, or by its place from 1', async () => {
    const text = 'price,size,rooms\n5,1,2\n6,3,4\n';
    for (const target of ['price', 1]) {
      const set = await load(text, { target });
      expect([[...set.targets.array], [...set.inputs.array]]).toEqual([
        [5, 6],
        [1, 2, 3, 4],
      ]);
    }
    expect([...(await load('5,1,2\n6,3,4\n', { target: 2 })).targets.array]).toEqual([1, 3]);
  });

  test('holds classes if asked, numbers in their order', async () => {
    const set = await load('1,10\n2,9\n3,10\n', { targets: 'classes' });
    expect(set).toMatchObject({ classes: 2, labels: ['9', '10'] });
    expect([...set.targets.array]).toEqual([1, 0, 1]);
  });

  test('holds the classes that are given, in their order, and no others', async () => {
    const classNames = ['dog', 'cat', 'emu'];
    const set = await load('1,cat\n2,dog\n', { classNames });
    expect(set).toMatchObject({ classes: 3, labels: classNames });
    expect([...set.targets.array]).toEqual([1, 0]);
    await expect(load('1,cat\n2,cow\n', { classNames })).rejects.toThrow(
      'line 2, column 2 has "cow", expected one of dog, cat, emu',
    );
  });
});

test('tabs separate where the name ends in .tsv', async () => {
  const { inputs, targets } = await loadCsv(folder.write('a b ü.tsv', 'x\ty\n1.5\t2\n'));
  expect([[...inputs.array], [...targets.array]]).toEqual([[1.5], [2]]);
});

describe('is refused with file, line and column', () => {
  test.each<[string, string | Uint8Array, CsvOptions?]>([
    [' has no rows, expected at least one', ''],
    [' has no rows, expected at least one', '\ufeff\r\n\n'],
    [' has no rows, expected at least one', 'a,b,c\n'],
    [' has 1 column, expected one or more beside the target', '1\n2\n'],
    [' has 1 column, expected one or more beside the target', '1 2 3\n'],
    [' has 1 column, expected one or more beside the target', 'price of a house\n1\n'],
    [': line 3 has 2 columns, expected 3 (as in the names of columns)', 'a,b,c\n1,2,3\n1,2\n'],
    [': line 2 has 4 columns, expected 3 (as in the first row)', '1,2,3\n1,2,3,4\n'],
    [': line 2, column 1 has a gap, expected a number', '1,2,3\n,2,3\n'],
    [': line 3, column 2 ("b") has a gap, expected a number', 'a,b,c\n1,2,3\n1, ,3\n'],
    [': line 2, column 3 has a gap, expected the target of the row', '1,2,3\n1,2,\n'],
    [': line 1, column 2 has "two", expected a number', '1,two,3\n'],
    [': line 2, column 1 has a gap, expected a number', '1,2\nNaN,2\n'],
    [': line 1, column 2 has "Infinity", expected a number', '1,Infinity,3\n'],
    [': line 1, column 2 has "1e400", expected a number', '1,1e400,3\n'],
    [': line 1, column 2 has "0x10", expected a number', '1,0x10,3\n'],
    [
      ' has 3 kinds of faults: line 1, column 1 has "a", expected a number; line 1, column 2 has "b", expected a number;',
      'a,b,c\n1,2,3\n',
      { header: false },
    ],
    [': column 2 has "cat" in line 2, expected a number, as in 1 of 2 cells (--targets classes', '1,2\n1,cat\n'],
    [': column 2 has "label" in line 1, expected a number, as in 1 of 2 cells (--targets classes', '0,label\n1,2\n'],
    [': line 2, column 2 ("b") has "cat", expected a number', 'a,b\n1,cat\n', { targets: 'values' }],
    [' has an open quote in the row at line 1, expected a closing quote', '1,"2\n3,4\n'],
    [' has a mistake at line 1, expected comma-separated values (', '1,"2"3,4\n'],
    [' has a zero byte at line 2, expected text in UTF-8', '1,2\n3\0,4\n'],
    [' has bytes at line 1 that are not text (byte 7), expected UTF-8', Buffer.from('1,caf\xc3\xa9\xe9\n', 'latin1')],
    [' has bytes at line 3 that are not text (byte 10), expected UTF-8', Buffer.from('1,2\n3,4\n5,\x81\n', 'latin1')],
    [
      ' has bytes at line 20002 that are not text (byte 80006), expected UTF-8',
      Buffer.from(`${'1,2\n'.repeat(20_001)}5,\x81\n${'1,2\n'.repeat(9)}`, 'latin1'),
    ],
  ])('%s', async (sentence, text, options) => {
    const path = folder.write('bad.csv', text);
    const message = await messageOf(loadCsv(path, options));
    expect(message).toContain(`${path}${sentence}`);
    expect(message).toMatch(/^(loadCsv|readCsv): [^\n]*, expected [^\n]*$/);
  });

  test.each<[string, CsvOptions]>([
    ['target has "d", expected one of "a", "b", "c" (1 to 3)', { target: 'd' }],
    ['target has 4, expected one of', { target: 4 }],
    ['target has 1.5, expected one of', { target: 1.5 }],
  ])('an option: %s', async (sentence, options) => {
    await expect(load('a,b,c\n1,2,3\n', options)).rejects.toThrow(`loadCsv: ${sentence}`);
  });

  test('a row that never ends is refused before it fills the memory', async () => {
    await expect(load(`1,${'9'.repeat(5 << 20)}`)).rejects.toThrow(
      'has a row of more than 4194304 characters at line 1, expected shorter ones',
    );
    // As after a quote that is not closed: the row is named by its beginning.
    await expect(load(`1,2\n1,"2\n${'3,4\n'.repeat(2_000_000)}`)).rejects.toThrow(
      'has a row of more than 4194304 characters at line 2, expected shorter ones',
    );
  });
});

describe('a file made to take time and memory', () => {
  const MiB = 1024 ** 2;
  const fill = (text: string, bytes: number) => Buffer.alloc(bytes, text);

  test('gzipped, is unpacked no further than 256 times its size, and before a row of it is read', async () => {
    const packed = gzipSync(fill('1,1\n', counted(4, 16) * MiB));
    const path = folder.write('packed.csv', packed);
    let rows = 0;
    await expect(async () => {
      for await (const records of readCsv(path)) rows += records.length;
    }).rejects.toThrow(
      `readCsv: ${path} has ${packed.length} bytes that unpack to more than ${256 * packed.length}, expected at most 256 times its size`,
    );
    expect(rows).toBe(0);
  });

  test('has a row that is too long, whatever it is made of', async () => {
    for (const text of [',', '"', '0', ...onlyInAll('1,', ' ', '""')]) {
      await expect(load(fill(text, counted(4.5, 6) * MiB)), text).rejects.toThrow(
        /has (a row of more than 4194304 characters|a mistake) at line \d+, expected /,
      );
    }
    await expect(load(Buffer.concat([Buffer.from('"'), fill('\n', counted(4.5, 6) * MiB)]))).rejects.toThrow(
      'a row of more than',
    );
  });

  test('has nothing but blank lines, of which no row is made', async () => {
    for (const text of ['\n', '\r\n', '\r', ' \n', '\t\n'])
      await expect(load(fill(text, counted(0.25, 1) * MiB))).rejects.toThrow('has no rows');
  });

  // What is parsed at a time, V8's own, and rows of as many fields as characters allow.
  const LEAST = 192 * MiB;
  const size = 8 * MiB;
  type Large = [title: string, text: Buffer];
  test.each<Large>([
    ['two digits a row', fill('1,1\n', size)],
    ...onlyInAll<Large>(['a name a row', fill('1,a\n', size)]),
    ['rows of very many columns', fill(`${'1,'.repeat(2_000_000)}1\n`, counted(1, 2) * size)],
  ])('takes 10 times its size at most, and a row: %s', needs('peaks'), async (_title, text) => {
    const [path, small] = [folder.write('large.csv', text), folder.write('small.csv', '1,2\n')];
    const { bytes } = await measureMemory({ kind: 'csv', path, small });
    expect(bytes).toBeLessThanOrEqual(10 * text.length + LEAST);
  });
});

test('lines are counted over quoted ones, blank ones and parts of the text', async () => {
  const lines = Array.from({ length: 30_000 }, (_, n) => (n % 5 === 0 ? `1,"a\nb ${n}"\n` : '1,2\n\n'));
  const text = `${lines.join('')}x,1\n`;
  await expect(load(text, { targets: 'classes', header: false })).rejects.toThrow(
    `: line ${text.split('\n').length - 1}, column 1 has "x"`,
  );
});

const small = Buffer.from('\ufeffa,"b ""x""",kind\r\n1,-2.5e3,cat\r\n"3",4,"a dog"\r\n5,6,cat\r\n');

test.each([
  ['damaged at random', damageOf(small)],
  ['gzipped and damaged', damageOf(gzipSync(small))],
  ['of any bytes', fc.uint8Array({ maxLength: 200 })],
  ['of any text', fc.string({ unit: fc.constantFrom(...'0123456789.-+eE,\n\r\t "ax\ufeff') })],
])('a file %s gives whole rows of finite numbers or one sentence', async (_name, files) => {
  const options = fc.record(
    { header: fc.boolean(), targets: fc.constantFrom('classes', 'values'), target: fc.constantFrom('kind', 1, 2) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(files, options, async (bytes, read) => {
      try {
        const { rows, inputs, targets, classes } = await load(bytes, read as CsvOptions);
        expect(inputs.array.length).toBe(rows * inputs.columns);
        expect(targets.array.length).toBe(rows);
        for (const value of [...inputs.array, ...targets.array]) expect(value).toSatisfy(Number.isFinite);
        if (classes !== null) expect(Math.max(...targets.array)).toBeLessThan(classes);
      } catch (error) {
        expect(String(error)).toMatch(/^(Option)?Error: (loadCsv|readCsv): [^\n]* expected [^\n]*$/);
      }
    }),
    { seed: propertySeed, numRuns: counted(60, 250) },
  );
});
