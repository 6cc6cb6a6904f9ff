import { encodeTable, fitPreprocessing, readTable, type TableOptions } from '@gradloom/runtime';
import { readTableAs } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
let files = 0;
const write = (cells: readonly string[], header = 'x,tags'): string =>
  folder.write(`${files++}.csv`, [header, ...cells.map((cell, n) => `${n}.5,"${cell}"`), ''].join('\n'));

/** The labels of each row as the network gets them. */
async function targetsOf(cells: readonly string[], options: TableOptions = {}) {
  const table = await readTable(write(cells), options);
  const rows = Uint32Array.from(cells, (_, n) => n);
  const preprocessing = fitPreprocessing(table, rows);
  const { heads = [], targets } = encodeTable(table, preprocessing, rows);
  const O = heads.length;
  const names = cells.map((_, n) => heads.filter((_, o) => targets.array[n * O + o] === 1).map(({ name }) => name));
  return { table, preprocessing, names };
}

test.each([[';'], ['|'], [',']])(
  'cells with "%s" are lists, of which a row has each label once, or none',
  async (by) => {
    const cells = [['b', 'a'], ['a'], [], ['b', 'c', 'b'], ['c'], ['a', 'c'], ['b']];
    const { names, table, preprocessing } = await targetsOf(cells.map((labels) => labels.join(` ${by} `)));
    expect(names).toEqual(cells.map((labels) => [...new Set(labels)].sort()));
    expect(table.rows).toBe(cells.length);
    const again = await readTableAs(write([`c${by}a`, '', 'b']), preprocessing);
    expect(again.targets.map(({ name, data }) => [name, 'indices' in data && [...data.indices]])).toEqual([
      ['a', [1, 0, 0]],
      ['b', [0, 0, 1]],
      ['c', [1, 0, 0]],
    ]);
    await expect(readTableAs(write([`a${by}d`]), preprocessing)).rejects.toThrow('has the label "d", expected a, b, c');
  },
);

test.each([
  ['cities', ['Boston, MA', 'Worcester, MA', 'Austin, TX', 'Dallas, TX']],
  ['two words of each kind', ['low, stable', 'low, falling', 'high, stable', 'high, falling']],
  ['names', ['Smith; Ann', 'Miller; Bo', 'Jones; Cy']],
  ['words without a separator', ['a', 'b', 'c']],
])('%s are classes', async (_, words) => {
  const cells = [...words, ...words];
  expect((await readTable(write(cells))).classes).toEqual(words.toSorted());
});

test('lists of JSON are read as the cells with their labels between semicolons, however they repeat', async () => {
  const cells = [['b', 'a'], ['a'], [], ['c, d'], ['b']];
  const json = (rows: readonly (readonly unknown[])[]) =>
    folder.write(`${files++}.jsonl`, rows.map((tags, n) => JSON.stringify({ x: n + 0.5, tags })).join('\n'));
  const parts = ({ targets }: Awaited<ReturnType<typeof readTable>>) =>
    targets.map(({ name, list, data }) => [name, list, data]);
  const table = await readTable(json(cells));
  const text = write(cells.map((labels) => labels.join(';')));
  expect(parts(table)).toEqual(parts(await readTable(text, { labelSeparator: 'semicolon' })));
  const readAs = 'the target "tags" is read as lists of 3 labels, 1 row without one';
  expect(table.decisions.join()).toContain(`${readAs} (--label-separator none`);
  const preprocessing = fitPreprocessing(
    table,
    Uint32Array.from(cells, (_, n) => n),
  );
  expect(parts(await readTableAs(json(cells), preprocessing))).toEqual(parts(table));
  expect(parts(await readTable(json([['b'], ['a;d']]), { labelSeparator: 'bar' })).map(([name]) => name)).toEqual([
    'a;d',
    'b',
  ]);
  const refuse = (rows: readonly (readonly unknown[])[], message: string, options: TableOptions = {}) =>
    expect(readTable(json(rows), options)).rejects.toThrow(message);
  await refuse([['a'], ['b;c']], 'has the label "b;c", expected labels without ";" (--label-separator bar or comma');
  await refuse([['a'], [1, 2]], 'line 2, column 2 ("tags") has a list');
  await refuse([['a'], ['b']], 'has a list', { labelSeparator: 'none' });
  await expect(readTableAs(json([['a;b']]), preprocessing)).rejects.toThrow('has the label "a;b", expected labels');
});

test('a separator that is asked for splits cells that would be classes, and has to be there', async () => {
  const cells = ['a;b', 'a;b', 'c;d', 'c;d'];
  expect((await readTable(write(cells))).classes).toEqual(['a;b', 'c;d']);
  expect((await targetsOf(cells, { labelSeparator: 'semicolon' })).names[2]).toEqual(['c', 'd']);
  await expect(readTable(write(cells), { labelSeparator: 'bar' })).rejects.toThrow(
    'labelSeparator has bar, expected one that is in a cell of the target "tags", or none',
  );
  await expect(readTable(write(['a;a', 'a;']), { labelSeparator: 'semicolon' })).rejects.toThrow(
    'has 1 label, expected 2 to 200 (--label-separator none reads each cell as one class)',
  );
});
