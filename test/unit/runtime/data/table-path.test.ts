import { readFileSync } from 'node:fs';
import { readTable, type TableName, type TableOptions, tableFiles, tablePath } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { readCsv } from '../../../../packages/runtime/src/data/tables/formats/csv-records.ts';

/** Rows, columns with the target, the different targets, and the empty fields of every table that comes along. */
const known: Record<TableName, [rows: number, columns: number, targets: number, gaps: number]> = {
  iris: [150, 5, 3, 0],
  wine: [178, 14, 3, 0],
  'breast-cancer': [569, 31, 2, 0],
  digits: [1797, 65, 10, 0],
  penguins: [344, 7, 3, 2 * 4 + 11], // palmerpenguins: two birds without any size, eleven without a sex
  diabetes: [442, 11, 214, 0],
};

test.each(Object.entries(known))('%s has the rows and columns of its source', async (name, expected) => {
  const records = [];
  for await (const batch of readCsv(tablePath(name as TableName))) records.push(...batch);
  const [titles, ...rows] = records.map(({ fields }) => fields);
  expect(new Set(titles).size).toBe(titles.length);
  expect(rows.filter(({ length }) => length !== titles.length)).toEqual([]);
  const gaps = rows.flat().filter((field) => field === '').length;
  expect([rows.length, titles.length, new Set(rows.map((row) => row.at(-1))).size, gaps]).toEqual(expected);
});

test('every table has its source and licence beside it', () => {
  const notes = readFileSync(tablePath('iris').replace('iris.csv', 'README.md'), 'utf8');
  for (const file of Object.values(tableFiles)) expect(notes).toContain(`\`${file}\``);
});

test('another name is refused with the known ones', () => {
  expect(() => tablePath('irish' as TableName)).toThrow(
    'tablePath: name has "irish", expected one of iris, wine, breast-cancer, digits, penguins, diabetes (did you mean iris?)',
  );
});

test('digits are images: only the target is warned of, since a pixel may have one value in all of them', async () => {
  const warnings = async (options: TableOptions) => (await readTable(tablePath('digits'), options)).warnings;
  expect(await warnings({})).toEqual([]);
  expect(await warnings({ target: 'pixel_0_0', targets: 'values' })).toEqual([
    'digits.csv.gz: column "pixel_0_0", the target, has 0 in all 1797 rows, so there is nothing to learn',
  ]);
});
