import { join } from 'node:path';
import { loadDataset, readTable, type Table } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../../support/needs.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const name = 'node:sqlite'; // a constant, since its types are not in every Node
const sqlite = await import(name).catch(() => undefined);
const isThere = sqlite?.StatementSync.prototype.setReturnArrays !== undefined;

/** A SQLite file of these statements. */
function database(file: string, ...statements: string[]): string {
  const path = join(folder.path, file);
  const opened = new sqlite.DatabaseSync(path);
  for (const statement of statements) opened.exec(statement);
  opened.close();
  return path;
}

const withoutModule = isThere ? test.fails : test;

withoutModule('without the module, the error has the command for a CSV file', async () => {
  const path = folder.write('shop.sqlite', 'SQLite format 3');
  const command = `sqlite3 ${path} -csv -header "select * from \\"orders\\"" > table.csv`;
  await expect(readTable(path, { table: 'orders' })).rejects.toThrow(
    `is a SQLite file, which Node ${process.version} cannot read, expected Node 24 or later, or a CSV file (${command})`,
  );
});

test('a table or a query of another file is refused, and both beside each other', async () => {
  const csv = folder.write('rows.csv', 'a,y\n1,2\n3,4\n');
  await expect(readTable(csv, { table: 'orders' })).rejects.toThrow('readTable: table has "orders", expected none: ');
  await expect(readTable(csv, { query: 'select 1' })).rejects.toThrow('readTable: query has "select 1", expected none');
  const both = readTable('shop.sqlite', { table: 'a', query: 'select 1' });
  await expect(both).rejects.toThrow('table has "a", expected none beside a query');
  const other = folder.write('rows.accdb', '');
  await expect(loadDataset(other)).rejects.toThrow('or one that ends in .sqlite');
});

describe('a SQLite file', needs('node:sqlite'), () => {
  const rows = Array.from({ length: 9000 }, (_, n) => [n % 7 === 0 ? null : n / 2, ['a "b"', 'c'][n % 2], n % 3]);
  const values = rows.map((row) => `(${row.map((cell) => (cell === null ? 'null' : `'${cell}'`)).join()})`).join();
  const create = 'create table "my ""orders" (x real, word text, y real)';
  const insert = `insert into "my ""orders" values ${values}`;
  const columnsOf = ({ inputs, targets }: Table) =>
    [...inputs, ...targets].map(({ name, type, data }) => ({ name, type, data }));

  test('has the table that a CSV file of the same rows has', async () => {
    const csv = rows.map((row) =>
      row.map((cell) => (cell === null ? '' : `"${`${cell}`.replaceAll('"', '""')}"`)).join(),
    );
    const expected = await readTable(folder.write('rows.csv', ['x,word,y', ...csv].join('\n')));
    const one = database('one.db', create, insert);
    expect(columnsOf(await readTable(one))).toEqual(columnsOf(expected));
    const several = database('several.sqlite3', create, insert, 'create table b (x)', 'create view c as select 1');
    expect(columnsOf(await readTable(several, { table: 'my "orders' }))).toEqual(columnsOf(expected));
    const query = 'select y + 0.5 as z, x from "my ""orders" where word = \'c\'';
    const chosen = await readTable(several, { query, targets: 'values' });
    expect(columnsOf(chosen).map(({ name }) => name)).toEqual(['z', 'x']);
    expect(chosen.rows).toBe(rows.filter(([x, word]) => word === 'c' && x !== null).length);
    await expect(readTable(several)).rejects.toThrow('expected one of its tables my "orders, b, c');
    await expect(readTable(several, { table: 'd' })).rejects.toThrow('table has "d" for');
    await expect(readTable(several, { query: 'delete from b' })).rejects.toThrow('which gives no columns');
    await expect(readTable(several, { query: 'select q' })).rejects.toThrow('which SQLite refuses (no such column: q)');
    await expect(readTable(database('empty.db', 'create table e (x); drop table e'))).rejects.toThrow('has no tables');
  });

  test('that is damaged or has too large a number is refused', async () => {
    await expect(readTable(folder.write('bad.db', 'no database at all'))).rejects.toThrow('damaged SQLite contents');
    const large = database('large.db', 'create table t (x, y); insert into t values (1, 2), (1152921504606846976, 3)');
    await expect(readTable(large)).rejects.toThrow('row 2 cannot be read');
  });
});
