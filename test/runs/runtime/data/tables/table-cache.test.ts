import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createRandom } from '@gradloom/core';
import {
  dense,
  encodeTable,
  type PreparedTable,
  prepareTable,
  readTable,
  sequential,
  splitTable,
  type TableOptions,
  tanh,
  train,
} from '@gradloom/runtime';
import { encodeSplit, readTableAs, rowsOfSplit } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { publishFolder } from '../../../../../packages/runtime/src/data/cache-folder.ts';
import { hashDataset } from '../../../../../packages/runtime/src/data/dataset-hash.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(3, 'table-cache');
const N = 400;

/** Gaps, words, booleans, dates, codes and numbers of different sizes; the last rows have a word of their own. */
const rows = Array.from({ length: N }, (_, n) => ({
  id: n + 1,
  age: random.uniform() < 0.1 ? null : 20 + Math.floor(60 * random.uniform()),
  income: 1e4 * random.normal(),
  city: n >= N - 3 ? 'Ulm' : random.uniform() < 0.1 ? null : ['Bonn', 'Köln', 'Trier'][random.integer(3)],
  member: random.uniform() < 0.5 ? 'yes' : 'no',
  since: `20${10 + (n % 10)}-0${1 + (n % 9)}-11`,
  code: n === 77 ? 'x' : random.integer(5),
  counts: 1 + random.integer(3),
  kind: random.uniform() < 0.3 ? 'left' : 'stays',
  price: 100 + 7 * random.normal(),
}));
const csv = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row).map((cell) => cell ?? ''))]
  .map((cells) => `${cells.join(',')}\n`)
  .join('');

const formats: Record<string, Uint8Array | string> = {
  'table.csv': csv,
  'table.csv.gz': gzipSync(csv),
  'table.tsv': csv.replaceAll(',', '\t'),
  'table.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  'table.json': JSON.stringify(rows),
};

let files = 0;
/** The table in a folder of its own. */
const file = (name = 'table.csv'): string => folder.write(`${files++}/${name}`, formats[name]);

const split = { validation: 0.2, test: 0.1 };
const streamed = (path: string, options: TableOptions = {}) =>
  readTable(path, { target: 'kind', ...options, stream: true });
const kept = (path: string, options: TableOptions = {}) => readTable(path, { target: 'kind', ...options });

/** What may not differ: the sets, how they were made, and what is said of them. */
const essence = async ({ sets, preprocessing, rows, notes }: PreparedTable) => ({
  hashes: await Promise.all(Object.values(sets).map(hashDataset)),
  names: Object.values(sets).map(({ name, rows, classes, labels }) => ({ name, rows, classes, labels })),
  preprocessing,
  rows,
  notes,
});

const fingerprintOf = async ({ sets }: PreparedTable): Promise<string> => {
  const { inputs, targets, classes } = sets.train;
  const spec = sequential(inputs.columns, dense(6), tanh(), dense(classes ?? targets.columns));
  const loss = classes === null ? 'mse' : 'softmax-cross-entropy';
  const run = train(spec, sets, { batch: 32, epochs: 2, threads: 2, backend: 'wasm', loss });
  return (await run).fingerprint;
};

/** Its cache, if it has one only. */
const cacheOf = (path: string): string => {
  const root = `${path}.gradloom-cache`;
  const [only, ...others] = readdirSync(root);
  expect(others).toEqual([]);
  return join(root, only);
};

const columnsOf = (cache: string) => statSync(join(cache, 'columns.bin')).ino;
const rowFiles = (cache: string): string[] =>
  readdirSync(cache)
    .filter((name) => name.startsWith('rows-'))
    .map((name) => join(name, 'rows.npy'));

describe.each(Object.keys(formats))('a streamed table, %s', (name) => {
  test.each<[title: string, options: TableOptions]>([
    ['classes', {}],
    ['values', { target: 'price' }],
    ['several targets', { target: ['price', 'income'] }],
    ['weights', { weightColumn: 'counts', drop: ['id'] }],
    ['rows with gaps left out', { missing: 'drop' }],
    ['rows with gaps left out, of values with weights', { missing: 'drop', target: 'price', weightColumn: 'counts' }],
    ['minmax', { scale: 'minmax' }],
    ['robust', { scale: 'robust', target: 'price' }],
    ['no scale', { scale: 'none', target: 'price' }],
    ['types that are given', { columns: { age: 'categorical', code: 'categorical', counts: 'numeric' } }],
    ['known classes', { classNames: ['stays', 'left', 'new'] }],
  ])('has the sets of one in memory: %s', async (_title, options) => {
    const path = file(name);
    const [a, b] = [await kept(path, options), await streamed(path, options)];
    expect(b.warnings).toEqual(a.warnings);
    expect(b.decisions.slice(0, -1)).toEqual(a.decisions);
    const [memory, cache] = [splitTable(a, split), splitTable(b, split)];
    expect(cache.sets.train.inputs.array).toHaveLength(0);
    const expected = await essence(memory);
    expect(await essence(cache)).toEqual(expected);
    // What a second run finds.
    expect(await essence(splitTable(await streamed(path, options), split))).toEqual(expected);
  });
});

test.each<TableOptions>([{}, { target: 'price' }, { missing: 'drop', weightColumn: 'counts' }])(
  'a streamed table trains to the fingerprint of one in memory: %j',
  async (options) => {
    const path = file();
    const expected = await fingerprintOf(splitTable(await kept(path, options), split));
    expect(await fingerprintOf(splitTable(await streamed(path, options), split))).toBe(expected);
  },
);

test('each fold has its own fit, and the rows of another are left alone', async () => {
  const path = file();
  const [a, b] = [await kept(path), await streamed(path)];
  for (const fold of [1, 2]) {
    const options = { folds: 3, fold };
    expect(await essence(splitTable(b, options))).toEqual(await essence(splitTable(a, options)));
  }
  expect(rowFiles(cacheOf(path))).toHaveLength(4);
});

test('categories that no training row has are noted alike, in a second run too', async () => {
  const path = file();
  const rowIndices = Uint32Array.from({ length: N }, (_, n) => n);
  const split = { train: rowIndices.slice(80, 300), validation: rowIndices.slice(0, 80), test: rowIndices.slice(300) };
  const { notes } = prepareTable(await kept(path), split);
  expect(notes.map((note) => note.split(' that ')[0])).toEqual([
    'the validation rows have a category of column "code"',
    'the test rows have a category of column "city"',
  ]);
  for (const _ of ['made', 'found']) expect(prepareTable(await streamed(path), split).notes).toEqual(notes);
});

test('rows in any order are encoded, and more than are encoded at a time', async () => {
  const path = file();
  const { preprocessing } = splitTable(await kept(path), split);
  const rowIndices = Uint32Array.from({ length: 400_000 }, () => random.integer(N));
  const sets = [await kept(path), await streamed(path)].map((table) => encodeTable(table, preprocessing, rowIndices));
  expect(await hashDataset(sets[1])).toBe(await hashDataset(sets[0]));
});

test('a table read with the logarithm of its target is not told to take it, in any order of the readings', async () => {
  const prices = `size,price\n${Array.from({ length: 60 }, (_, n) => `${n % 7},${1.5 ** n}`).join('\n')}\n`;
  for (const order of [['none', 'log', 'none'] as const, ['log', 'none', 'log'] as const]) {
    const path = folder.write(`${files++}/prices.csv`, prices);
    for (const targetTransform of order) {
      const { decisions } = await readTable(path, { target: 'price', targetTransform, stream: true });
      expect(decisions.some((decision) => decision.includes('--target-transform log'))).toBe(
        targetTransform === 'none',
      );
    }
  }
});

test('a model reads the table it is evaluated on from a cache, which models of the same columns share', async () => {
  const path = file();
  const models = [0, 1].map(async (seed) => splitTable(await kept(path), { ...split, seed }).preprocessing);
  for (const preprocessing of await Promise.all(models)) {
    const [a, b] = await Promise.all(
      [{}, { stream: true }].map((options) => readTableAs(path, preprocessing, options)),
    );
    const rows = rowsOfSplit(a, split);
    expect(rowsOfSplit(b, split)).toEqual(rows);
    const hashes = [a, b].map((table) => hashDataset(encodeSplit(table, preprocessing, rows).train));
    expect(await hashes[1]).toBe(await hashes[0]);
  }
  cacheOf(path);
});

describe('a cache', () => {
  const decisionOf = async (path: string, options: TableOptions = {}) =>
    (await streamed(path, options)).decisions.at(-1);
  const MADE = /made in this run/;
  const FOUND = /as an earlier run read it/;

  test('is used again: the file is not read, and no row is encoded twice', async () => {
    const path = file();
    splitTable(await streamed(path), split);
    const cache = cacheOf(path);
    const before = rowFiles(cache).map((name) => statSync(join(cache, name)).ino);
    const columns = columnsOf(cache);
    expect(await decisionOf(path)).toMatch(FOUND);
    expect(await decisionOf(path, { scale: 'minmax', name: 'other' })).toMatch(FOUND);
    splitTable(await streamed(path), split);
    expect(columnsOf(cacheOf(path))).toBe(columns);
    expect(rowFiles(cache).map((name) => statSync(join(cache, name)).ino)).toEqual(before);
  });

  test('says the same of the file under any name', async () => {
    const path = folder.write(`${files++}/one.csv`, 'a,kind\n1,x\n2,x\n');
    for (const name of ['first', 'second']) {
      const { warnings, decisions } = await streamed(path, { name });
      const expected = await kept(path, { name });
      expect([warnings, decisions.slice(0, -1)]).toEqual([expected.warnings, expected.decisions]);
    }
    expect((await kept(path)).warnings).toHaveLength(1);
  });

  test('that two runs make at once is one, and both go on', async () => {
    const path = file();
    const expected = await essence(splitTable(await kept(path), split));
    const tables = await Promise.all([streamed(path), streamed(path)]);
    cacheOf(path);
    for (const table of tables) expect(await essence(splitTable(table, split))).toEqual(expected);
    const columns = columnsOf(cacheOf(path));
    await streamed(path);
    expect(columnsOf(cacheOf(path))).toBe(columns);
  });

  test.each([true, false])('that is whole is never replaced by one that was made meanwhile: %s', (isWhole) => {
    const [old, made] = ['old', 'made'].map((text) => folder.write(`names-${isWhole}/${text}/contents`, text));
    publishFolder(dirname(made), dirname(old), () => isWhole);
    expect(readFileSync(old, 'utf8')).toBe(isWhole ? 'old' : 'made');
  });

  test('of other options is another, and both remain', async () => {
    const path = file();
    expect(await decisionOf(path)).toMatch(MADE);
    expect(await decisionOf(path, { missing: 'drop' })).toMatch(MADE);
    expect(await decisionOf(path)).toMatch(FOUND);
    expect(await decisionOf(path, { missing: 'drop' })).toMatch(FOUND);
  });

  test.each<[title: string, change: (path: string) => void]>([
    ['is longer', (path) => appendFileSync(path, `${csv.trimEnd().split('\n').at(-1)}\n`)],
    ['has as many other bytes', (path) => writeFileSync(path, csv.replace('Bonn', 'Wien'))],
    [
      'has other bytes and its old time',
      (path) => {
        writeFileSync(path, csv.replace('Bonn', 'Wien'));
        utimesSync(path, 1000, 1000);
      },
    ],
  ])('is made anew for a file that %s, and the caches of the old one are removed', async (_title, change) => {
    const path = file();
    utimesSync(path, 1000, 1000);
    splitTable(await streamed(path), split);
    await streamed(path, { missing: 'drop' });
    change(path);
    const table = await streamed(path);
    expect(table.decisions.at(-1)).toMatch(MADE);
    cacheOf(path);
    expect(await essence(splitTable(table, split))).toEqual(await essence(splitTable(await kept(path), split)));
  });

  const flip = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
  };
  test.each<[title: string, damage: (cache: string) => void]>([
    ['its columns cut off', (cache) => truncateSync(join(cache, 'columns.bin'), 100)],
    ['another byte in its columns', (cache) => flip(join(cache, 'columns.bin'))],
    ['no columns', (cache) => rmSync(join(cache, 'columns.bin'))],
    ['another byte in its header', (cache) => flip(join(cache, 'header.json'))],
    ['an empty header', (cache) => truncateSync(join(cache, 'header.json'))],
    ['no header', (cache) => rmSync(join(cache, 'header.json'))],
    ['its rows cut off', (cache) => truncateSync(join(cache, rowFiles(cache)[0]), 500)],
    ['another byte in its rows', (cache) => flip(join(cache, rowFiles(cache)[0]))],
    ['no rows', (cache) => rmSync(join(cache, rowFiles(cache)[0]))],
    ['another byte in what its rows say', (cache) => flip(join(cache, rowFiles(cache)[0], '../header.json'))],
    [
      'nothing',
      (cache) => {
        rmSync(cache, { recursive: true });
        mkdirSync(cache);
      },
    ],
  ])('with %s is made anew', async (_title, damage) => {
    const path = file();
    const expected = await essence(splitTable(await streamed(path), split));
    damage(cacheOf(path));
    expect(await essence(splitTable(await streamed(path), split))).toEqual(expected);
  });

  test('of a table that is refused is not there, and the sentence is that of a table in memory', async () => {
    for (const [name, text] of [
      ['ragged.csv', 'a,kind\n1,x\n2\n'],
      ['empty.csv', 'a,kind\n'],
      ['text.csv', `a,kind\n${Array.from({ length: 200 }, (_, n) => `word${n},${n % 2}\n`).join('')}`],
      ['gap.csv', 'a,kind\n1,\n2,\n'],
    ]) {
      const path = folder.write(`refused/${name}`, text);
      const message = await kept(path).catch((error: Error) => error.message);
      expect(typeof message).toBe('string');
      await expect(streamed(path)).rejects.toThrow(new Error(message as string));
      expect(() => statSync(`${path}.gradloom-cache`)).toThrow('ENOENT');
    }
    await expect(streamed(join(folder.path, 'none.csv'))).rejects.toThrow('none.csv');
  });

  test('that cannot be written is one sentence', async () => {
    const path = file();
    writeFileSync(`${path}.gradloom-cache`, '');
    await expect(streamed(path)).rejects.toThrow(
      `readTable: ${path} has no cache for --stream: ${path}.gradloom-cache cannot be written: file already exists (EEXIST), expected a folder with room for it`,
    );
  });

  test('of a file that changes while it is read is refused', async () => {
    const path = file();
    const reading = streamed(path);
    utimesSync(path, 1, 1);
    await expect(reading).rejects.toThrow('has changed while it was read, expected a file that stays as it is');
    expect(() => statSync(`${path}.gradloom-cache`)).toThrow('ENOENT');
  });
});
