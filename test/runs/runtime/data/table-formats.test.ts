import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Cell, readTable, type Table, type TableOptions } from '@gradloom/runtime';
import fc from 'fast-check';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { counted } from '../../../support/count.ts';
import { damageOf } from '../../../support/damage.ts';
import { messageOf } from '../../../support/message-of.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const fixture = (name: string): string => join(import.meta.dirname, '../../../fixtures', name);

/** What a table holds, without how it was read. */
async function contentOf(
  path: string,
  options: TableOptions = {},
): Promise<Omit<Table, 'decisions' | 'name' | 'options'>> {
  const { decisions: _, name: _name, options: _options, ...content } = await readTable(path, options);
  return content;
}

const refusal = (path: string, options: TableOptions = {}): Promise<string> => messageOf(readTable(path, options));

// test/fixtures/table.mjs
const codecs = ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw'];
const files = ['table.jsonl', 'table.json', ...codecs.map((codec) => `table-${codec}.parquet`)];

test.each(files)('%s, as DuckDB wrote it, is the table of the CSV file that it wrote', async (name) => {
  const options: TableOptions = { columns: { id: 'numeric' } };
  const csv = await contentOf(fixture('table.csv'), options);
  expect(csv.inputs.map(({ type }) => type)).toEqual([
    ...['numeric', 'numeric', 'numeric', 'numeric', 'numeric', 'boolean', 'date', 'date', 'categorical'],
  ]);
  expect(csv.inputs.map(({ gaps }) => gaps)).toEqual([0, 8, 0, 0, 0, 0, 0, 0, 10]);
  expect(await contentOf(fixture(name), options)).toEqual(csv);
});

/** A column of a random table: its cells, and their type in a Parquet file. */
interface Column {
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly type: BasicType;
}

const ROWS = 12;
const cellsOf = <T extends Cell>(cell: fc.Arbitrary<T>): fc.Arbitrary<(T | null)[]> =>
  fc.array(fc.option(cell, { freq: 4 }), { minLength: ROWS, maxLength: ROWS });
const word = fc.constantFrom('red', 'green', 'ä "quoted", word', "it's", '__proto__', 'länger\nals eine Zeile', 'x;y');
const day = fc.nat(20_000).map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
const kinds: readonly (readonly [BasicType, fc.Arbitrary<(Cell | null)[]>])[] = [
  ['DOUBLE', cellsOf(fc.double({ noNaN: true, noDefaultInfinity: true }))],
  ['DOUBLE', cellsOf(fc.integer({ min: -100, max: 100 }))],
  ['BOOLEAN', cellsOf(fc.boolean())],
  ['STRING', cellsOf(word)],
  ['STRING', cellsOf(day)],
];
const name = fc.constantFrom('a', 'b b', '__proto__', 'constructor', 'ü"', '7', 'length', 'x.y');
const table: fc.Arbitrary<Column[]> = fc
  .uniqueArray(name, { minLength: 1, maxLength: 6 })
  .chain((names) =>
    fc.tuple(
      ...names.map((column) =>
        fc
          .constantFrom(...kinds)
          .chain(([type, cells]) => cells.map((made): Column => ({ name: column, cells: made, type }))),
      ),
    ),
  )
  .chain((columns) =>
    fc.array(fc.constantFrom('yes!', 'no!'), { minLength: ROWS, maxLength: ROWS }).map((targets): Column[] => [
      // A gap as the only cell of a line would make it a blank one.
      ...[{ name: 'first', cells: Array.from({ length: ROWS }, (_, n) => n / 2), type: 'DOUBLE' } as const],
      ...columns,
      { name: 'target', cells: ['yes!', 'no!', ...targets.slice(2)], type: 'STRING' },
    ]),
  );

const rowsOf = (columns: readonly Column[]): Cell[][] =>
  Array.from({ length: ROWS }, (_, n) => columns.map(({ cells }) => cells[n]));
const field = (cell: Cell): string => `"${String(cell ?? '').replaceAll('"', '""')}"`;
/** JSON of an object with these columns, where only gaps may be left out. */
const object = (columns: readonly Column[], cells: readonly Cell[], isSparse: boolean): string => {
  const fields = columns.flatMap(({ name: column }, at) =>
    isSparse && cells[at] === null ? [] : [`${JSON.stringify(column)}: ${numberText(cells[at])}`],
  );
  return `{${fields.join(', ')}}`;
};
const numberText = (cell: Cell): string => (Object.is(cell, -0) ? '-0' : JSON.stringify(cell));

const writers: Record<string, (columns: readonly Column[]) => string | Uint8Array> = {
  'a.csv': (columns) =>
    [columns.map(({ name: own }) => own), ...rowsOf(columns)]
      .map((cells) => cells.map((cell) => field(Object.is(cell, -0) ? '-0' : cell)).join(','))
      .join('\r\n'),
  'objects.jsonl': (columns) =>
    rowsOf(columns)
      .map((cells, n) => `${object(columns, cells, n > 0)}\n${n % 3 === 0 ? '\n' : ''}`)
      .join(''),
  'arrays.ndjson': (columns) =>
    [columns.map(({ name: own }) => own), ...rowsOf(columns)]
      .map((cells) => `[${cells.map(numberText).join(',')}]`)
      .join('\n'),
  'packed.jsonl.gz': (columns) => gzipSync(writers['objects.jsonl'](columns)),
  'objects.json': (columns) => `[${rowsOf(columns).map((cells, n) => object(columns, cells, n > 0))}]`,
  'arrays.json': (columns) =>
    `\ufeff[\n${[columns.map(({ name: own }) => own), ...rowsOf(columns)].map((cells) => `[${cells.map(numberText)}]`).join(',\n')}\n]\n`,
  'packed.json.gz': (columns) => gzipSync(writers['objects.json'](columns)),
  'a.parquet': (columns) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: columns.map(({ name: own, cells, type }) => ({
          name: own,
          data: [...cells],
          type,
          nullable: true,
          ...(type === 'DOUBLE' ? { encoding: 'PLAIN' } : {}), // its dictionary takes -0 for 0
        })),
        rowGroupSize: 5,
      }),
    ),
};

test('every format of a random table is the same table, bit by bit', async () => {
  await fc.assert(
    fc.asyncProperty(table, async (columns) => {
      // Names such as 7 come first among the keys of an object.
      const order = Object.keys(Object.fromEntries(columns.map(({ name: own }) => [`${own}`, 0])));
      const sorted = columns.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
      const options: TableOptions = { target: 'target', header: true };
      const outcome = (file: string): Promise<unknown> =>
        contentOf(folder.write(file, writers[file](sorted)), options).catch((error: Error) =>
          // Places are lines or rows.
          error.message.replace(/^.*?: column/, 'column'),
        );
      const csv = await outcome('a.csv');
      for (const file of Object.keys(writers)) expect([file, await outcome(file)]).toEqual([file, csv]);
    }),
    { numRuns: counted(40, 1000) },
  );
});

test('objects in rows are columns, and those of lists may be left out', async () => {
  const rows = [
    { id: 1, to: { city: 'Oslo', at: { x: 1.5 } }, tags: ['a'], y: 2.5 },
    { id: 2, to: null, tags: [], y: 3.25 },
    { id: 3, y: 1.75, to: { city: 'Bonn', 'at.x': 4 } },
  ].map((row) => JSON.stringify(row));
  const options = { target: 'y', drop: ['tags', 'id'] };
  const flat = ['to.city,to.at.x,y', 'Oslo,1.5,2.5', ',,3.25', 'Bonn,4,1.75'].join('\n');
  const expected = await contentOf(folder.write('flat.csv', flat), { target: 'y' });
  for (const [name, text] of [
    ['nested.jsonl', rows.join('\n')],
    ['nested.json', `[${rows}]`],
  ]) {
    const path = folder.write(name, text);
    expect(await contentOf(path, options)).toEqual({ ...(expected as Table), leftOut: ['id', 'tags'] });
    const untold = await readTable(path, { ...options, drop: ['id'] });
    expect(untold).toMatchObject({ inputs: (expected as Table).inputs, leftOut: ['id', 'tags'] });
    expect(untold.decisions.join('\n')).toContain('column "tags" is left out: lists or objects, where a cell holds');
    const { inputs, leftOut } = await readTable(path, { ...options, drop: ['to', 'tags'] });
    expect([inputs.map(({ name: own }) => own), leftOut]).toEqual([['id'], ['to.city', 'to.at.x', 'tags']]);
  }
});

describe('is refused in one sentence', () => {
  test.each<[string, string, string, TableOptions?]>([
    ['a.jsonl', '{"a": 1, "b": 2}\n\n{"a": 1, "b": [2]}', ': line 3, column 2 ("b") has a list, expected a number, a'],
    [
      'b.jsonl',
      '{"a": [2], "b": 2}',
      ' has no column left as an input, expected one: column "a" has lists or objects,',
    ],
    ['c.jsonl', '{"a": 1, "b": 2}\n{"a": 1,', ': line 2 has "{\\"a\\": 1,", which is not JSON, expected an object'],
    ['d.jsonl', '{"a": 1, "b": 2}\n[1, 2]', ': line 2 has an array, expected an object (as the first row)'],
    ['e.jsonl', '[1, 2]\n{"a": 1, "b": 2}', ': line 2 has an object, expected an array (as the first row)'],
    ['f.jsonl', '[1, 2]\n[3]', ': line 2 has 1 column, expected 2 (as in the first row)'],
    ['g.jsonl', '17\n', ': line 1 has 17, expected an object such as'],
    ['h.jsonl', '[1, 2]\n[1e400, 3]', ': line 2, column 1 has a number that is not finite, expected'],
    ['i.jsonl', '', ' has no rows, expected at least one'],
    ['j.jsonl', '{"a": 1, "b": 2}', 'header has false, expected none (rows that are', { header: false }],
    ['k.jsonl', '{"a": 1, "b": 2}', 'delimiter has comma, expected none (a JSON', { delimiter: 'comma' }],
    ['l.jsonl', `[1, "${'x'.repeat(5e6)}"]`, ' has a row of more than 4194304 characters at line 1, expected'],
    ['m.jsonl', `${'['.repeat(1e5)}`, ', which is not JSON, expected'],
    ['n.jsonl', '\xff\xfe{\0', ' has text in UTF-16, expected UTF-8'],
    ['a.json', '{"a": [1, 2], "b": [3, 4]}', ': the file has an object at its beginning, expected an array of rows,'],
    ['b.json', '[{"a": 1, "b": {"c": [{}]}}]', ': row 1, column 2 ("b.c") has a list, expected a number, a text,'],
    ['o.json', '[{"a": 1, "b": {"c" 1}}]', ' has invalid JSON in row 1, expected an array of rows'],
    ['p.json', '[{"a": 1, "b": {"c": 1', ' has no end: row 1 or the list is cut off, expected a whole array'],
    ['c.json', '[[1, 2], [3, [4]]]', ': row 2, column 2 has a list, expected a number, a text,'],
    ['d.json', '[{"a": 1, "b": 2, "a": 3}]', ': row 1 has "a" twice, expected each name once'],
    ['e.json', '[[1, 2], [3, 4]', ' has no end: row 3 or the list is cut off, expected a whole array'],
    ['f.json', '[[1, 2] [3, 4]]', ': row 2 has "[" where JSON has a comma, expected an array of rows'],
    ['g.json', '[[1, 2], 3]', ': row 2 has 3, expected an object such as'],
    ['h.json', '[[1, 2], [3, x]]', ' has invalid JSON in row 2, expected an array of rows'],
    ['i.json', '[[1, 2]] []', ' expected '],
    ['j.json', `[[1, "${'x'.repeat(5e6)}"]]`, ' has more than 4194304 characters in row 1, expected a shorter one'],
    ['k.json', '[[1, ,2]]', ': row 1 has "," where JSON has a value, expected'],
    ['l.json', '[{"a" 1}]', ': row 1 has 1 where JSON has a colon, expected'],
    ['m.json', '[{1: 2}]', ' expected '],
    ['n.json', '[]', ' has no rows, expected at least one'],
    ['a.parquet', 'a,b\n1,2\n', ' has damaged Parquet contents (parquet file'],
    ['b.parquet', '', ' has damaged Parquet contents'],
  ])('%s: %s', async (file, text, sentence, options = {}) => {
    const bytes = file === 'n.jsonl' ? Buffer.from(text, 'latin1') : text;
    const path = folder.write(file, bytes);
    const message = await refusal(path, options);
    expect(message).toContain(sentence);
    expect(message).toMatch(/^readTable: [^\n]*, expected [^\n]*$/);
    expect(message.length).toBeLessThan(500);
  });

  test('a Parquet file with lists', async () => {
    const path = fixture('table-nested.parquet');
    expect(await refusal(path)).toBe(
      `readTable: ${path}: column 1 ("xs") has lists or records, expected single values (a cell holds one value: leave the column out when the file is written)`,
    );
  });

  test('a Parquet file with whole numbers that a number cannot hold', async () => {
    const columnData = [
      { name: 'a', data: BigInt64Array.of(1n, 2n ** 53n), type: 'INT64' as const },
      { name: 'b', data: Float64Array.of(1, 2) },
    ];
    const path = folder.write('wide.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    expect(await refusal(path)).toBe(
      `readTable: ${path}: row 2, column 1 ("a") has 9007199254740992, expected a whole number of less than 2^53`,
    );
  });

  const sentence = /^(read|(readTable): [^\n]*, expected [^\n]*)$/;
  const outcome = (file: string, bytes: Uint8Array): Promise<string> =>
    readTable(folder.write(`damaged-${file}`, bytes)).then(
      () => 'read',
      (error: Error) => error.message,
    );
  const damaged = ['table.jsonl', 'table.json', 'table-snappy.parquet', 'table-zstd.parquet', 'table-gzip.parquet'];

  test.each(damaged)('%s, cut at any length', async (file) => {
    const whole = readFileSync(fixture(file));
    // Cut between lines, JSON lines are a shorter table.
    const isLines = file.endsWith('.jsonl');
    const step = 1 + Math.floor(whole.length / 700);
    for (let length = 0; length < whole.length - 1; length += step) {
      const message = await outcome(file, whole.subarray(0, length));
      expect(message).toMatch(sentence);
      if (!isLines) expect(`${length}: ${message}`).not.toBe(`${length}: read`);
    }
  });

  test.each(damaged)('%s, or else read, with any bytes changed', async (file) => {
    await fc.assert(
      fc.asyncProperty(damageOf(readFileSync(fixture(file))), async (bytes) => {
        expect(await outcome(file, bytes)).toMatch(sentence);
      }),
    );
  });
});
