import { gzipSync } from 'node:zlib';
import { fit as fitRows, readTable, splitTable, type Table, type TableOptions } from '@gradloom/runtime';
import { readTableAs } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damageOf } from '../../../../support/damage.ts';
import { messageOf } from '../../../../support/message-of.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const read = (text: string | Uint8Array, options?: TableOptions, name = 'any.csv'): Promise<Table> =>
  readTable(folder.write(name, text), options);

const typesOf = ({ inputs }: Table) => Object.fromEntries(inputs.map(({ name, type }) => [name, type]));

/** The cells of a column as texts; '' for a gap. */
function cellsOf({ inputs, targets }: Table, name: string): (string | number)[] {
  const data = [...inputs, ...targets].find((column) => column.name === name)?.data;
  if (data === undefined) return [];
  return data.kind === 'numbers'
    ? [...data.values].map((value) => (Number.isNaN(value) ? '' : value))
    : [...data.indices].map((index) => (index === -1 ? '' : data.words[index]));
}

const people = [
  'age,city,member,since,kind',
  '31,Bonn,yes,2020-01-01,a',
  ',Köln,no,2020-01-02,b',
  '33.5,Bonn,NA,,a',
  '34,?,yes,2020-01-04T12:00:00Z,b',
].join('\n');

describe('types are found from all rows', () => {
  test('numbers, categories, booleans and dates, with gaps in each', async () => {
    const table = await read(people);
    expect(typesOf(table)).toEqual({ age: 'numeric', city: 'categorical', member: 'boolean', since: 'date' });
    expect(table.inputs.map(({ gaps }) => gaps)).toEqual([1, 1, 1, 1]);
    expect(cellsOf(table, 'age')).toEqual([31, '', 33.5, 34]);
    expect(cellsOf(table, 'city')).toEqual(['Bonn', 'Köln', 'Bonn', '']);
    expect(cellsOf(table, 'member')).toEqual([1, 0, '', 1]);
    expect(cellsOf(table, 'since')).toEqual([18_262, 18_263, '', 18_265.5]);
    expect(table.classes).toEqual(['a', 'b']);
  });

  test('a word in the last row makes categories of the numbers before, and the reason names it', async () => {
    const table = await read('x,y\n1,0.5\n1.0,1.5\n2,0.25\nmany,1\n');
    expect(cellsOf(table, 'x')).toEqual(['1', '1', '2', 'many']);
    expect(table.inputs[0]).toMatchObject({ type: 'categorical', reason: '"many" in line 5 is not a number' });
  });

  test('0 and 1 are numbers, unless they are called boolean or categorical', async () => {
    const text = 'x,y\n0,0.5\n1,1.5\n';
    expect(typesOf(await read(text))).toEqual({ x: 'numeric' });
    expect(cellsOf(await read(text, { columns: { x: 'boolean' } }), 'x')).toEqual([0, 1]);
    expect(cellsOf(await read(text, { columns: { x: 'categorical' } }), 'x')).toEqual(['0', '1']);
  });

  test('dates beyond the most words that are kept stay dates', async () => {
    const days = Array.from({ length: 70_000 }, (_, n) => new Date(n * 3_600_000).toISOString());
    const table = await read(`when,y\n${days.map((day, n) => `${day},${n % 2}.5`).join('\n')}`);
    expect(typesOf(table)).toEqual({ when: 'date' });
    expect(cellsOf(table, 'when').slice(-1)).toEqual([69_999 / 24]);
  });
});

describe('the target', () => {
  const numbers = (cells: readonly (string | number)[]) => `x,y\n${cells.map((y, n) => `${n}.5,${y}`).join('\n')}`;
  const kindOf = async (cells: readonly (string | number)[], options?: TableOptions) =>
    (await read(numbers(cells), options)).classes;

  test('of words is classes in order, of few whole numbers that repeat too', async () => {
    expect(await kindOf(['b', 'a', 'b'])).toEqual(['a', 'b']);
    expect(await kindOf([10, 9, 10, 9])).toEqual(['9', '10']);
    expect(await kindOf([-1, 1, 1, -1])).toEqual(['-1', '1']);
    expect(await kindOf(['yes', 'no'])).toEqual(['no', 'yes']);
  });

  test('of other numbers is values', async () => {
    expect(await kindOf([1, 2, 2.5, 1, 2, 1])).toBeNull();
    expect(await kindOf([1, 2, 3])).toBeNull();
    const many = Array.from({ length: 42 }, (_, n) => n % 21);
    expect(await kindOf(many)).toBeNull();
    expect(await kindOf(many.map((n) => n % 20))).toHaveLength(20);
  });

  test('is what it is said to be', async () => {
    expect(await kindOf([1, 2, 2.5], { targets: 'classes' })).toEqual(['1', '2', '2.5']);
    expect(await kindOf([0, 1, 0, 1], { targets: 'values' })).toBeNull();
    expect(await kindOf([0, 1, 0, 1], { columns: { y: 'numeric' } })).toBeNull();
  });

  test('is another column by name or place, several columns, or the last that is left', async () => {
    const text = 'a,b,c,d\n1,2.5,x,7\n2,3.5,y,8\n';
    for (const target of ['b', 2, '2']) expect((await read(text, { target })).targets[0].name).toBe('b');
    const two = await read(text, { target: ['d', 'a'] });
    expect([two.targets.map(({ name }) => name), two.classes]).toEqual([['a', 'd'], null]);
    const left = await read(text, { drop: ['d'] });
    expect([left.targets[0].name, left.leftOut, left.inputs.length]).toEqual(['c', ['d'], 2]);
  });
});

describe('files are read whatever their style', () => {
  const rows = [
    ['a', 'b', 't'],
    ['1', '2.5', 'x'],
    ['3', '', 'y'],
  ];
  test.each([',', ';', '\t', '|'])('separated by %j, found from the rows', async (delimiter) => {
    const table = await read(rows.map((row) => row.join(delimiter)).join('\n'));
    expect([cellsOf(table, 'a'), cellsOf(table, 'b'), cellsOf(table, 't')]).toEqual([
      [1, 3],
      [2.5, ''],
      ['x', 'y'],
    ]);
  });

  test('with a delimiter within quotes, mixed ends of lines, blank lines and a mark of the byte order', async () => {
    const table = await read('\ufeffa;"b;c";t\r\n1;2;"x;1"\n\n3;4;y\r"5";6;"x;1"\n');
    expect(table.inputs.map(({ name }) => name)).toEqual(['a', 'b;c']);
    expect(table.rows).toBe(3);
  });

  test('packed, and without names, which are then places', async () => {
    const table = await read(gzipSync('1,2.5,x\n3,4.5,y\n'));
    expect(table.inputs.map(({ name }) => name)).toEqual(['1', '2']);
  });
});

describe('lines above the names of columns are left out, which is said', () => {
  const body = 'Region;Typ;Menge;Preis\nNord;a;1;2,5\nSüd;b;2;3,5\nOst;a;3;4,5\n';
  const names = ['Region', 'Typ', 'Menge'];
  test.each<[text: string, found: string]>([
    [`Report of May;;;\n${body}`, 'line 1 is left out as a title: "Report of May" (:header=true takes line 1 for'],
    [`Report of May, 2024\n\n${body}`, 'line 1 is left out as a title: "Report of May, 2024" (:header=true'],
    [`Report;\nvom 1.5.2024\n;;;\n${body}`, 'lines 1 to 3 are left out as titles (:header=true takes line 1 for'],
    [
      `"Umsatz; in €"\n${body.replaceAll(',', '.').replaceAll(';', '\t')}`,
      'line 1 is left out as a title: "Umsatz; in €"',
    ],
  ])('%j', async (text, found) => {
    const table = await read(text, { target: 'Preis' });
    expect(table.inputs.map(({ name }) => name)).toEqual(names);
    expect([table.rows, cellsOf(table, 'Menge'), cellsOf(table, 'Preis')]).toEqual([3, [1, 2, 3], [2.5, 3.5, 4.5]]);
    expect(table.decisions[0]).toContain(found);
  });

  test('a first row is none if it has half of the fields, is named by an option, or rows of numbers follow', async () => {
    const unnamed = await read(',b,,t\n1,2,3,x\n4,5,6,y\n');
    expect([unnamed.rows, unnamed.inputs.map(({ name }) => name)]).toEqual([2, ['column 1', 'b', 'column 3']]);
    const sparse = await read(',b,,,t\n1,2,3,4,x\n4,5,6,6,y\n');
    expect([sparse.rows, sparse.inputs.length]).toEqual([2, 4]);
    const half = await read(',b,,t\nu,v,w,x\nu,v,w,y\n');
    expect([half.rows, half.targets[0].name]).toEqual([2, 't']);
    const two = await read('Report,May,,,\na,b,c,d,t\n1,2,3,4,x\n2,3,4,5,y\n');
    expect([two.rows, two.targets[0].name]).toEqual([2, 't']);
    const tableWithHeader = await read(`Report;;;\n${body.replaceAll(',', '.')}`, { header: true });
    expect(tableWithHeader.inputs[0].name).toBe('Report');
  });
});

describe('rows with gaps are left out where that is asked for', () => {
  test('and the others are as in a file without them', async () => {
    const table = await read(people, { missing: 'drop' });
    expect([table.rows, cellsOf(table, 'age'), cellsOf(table, 'kind')]).toEqual([1, [31], ['a']]);
    expect(table.decisions.at(-1)).toBe(
      '3 of 4 rows: the rows have gaps and are left out (--missing impute fills gaps in)',
    );
  });
});

describe('rows without a target are left out, which is said', () => {
  const tableOf = (lines: readonly string[]) => `a,b,y\n${lines.join('\n')}\n`;
  const whole = ['1,,x', '2,u,z', '3,v,x'];
  test.each<[lines: readonly string[], sentence: string, options?: TableOptions]>([
    [['7,w,', ...whole], '1 of 4 rows: the row has no "y", the target, and is left out: it is line 2'],
    [
      [whole[0], '7,,n/a', whole[1], whole[2], ',w,'],
      '2 of 5 rows: the rows have no "y", the target, and are left out: the first is line 3, with "n/a"',
    ],
    [[',,', ...whole], '1 of 4 rows: the row has no "y", the target, and is left out: it is line 2', { stream: true }],
  ])('%j', async (lines, sentence, options) => {
    const table = await read(tableOf(lines), options, `untold-${lines.length}-${lines[0].length}.csv`);
    const same = await read(tableOf(whole));
    expect(table.decisions).toContain(sentence);
    expect(table.rows).toBe(3);
    for (const name of ['a', 'b', 'y']) expect(cellsOf(table, name)).toEqual(cellsOf(same, name));
    expect(table.inputs.map(({ gaps }) => gaps)).toEqual([0, 1]);
  });

  test('and objects, which have no place for a note, are refused', async () => {
    await expect(fitRows([{ a: 1, y: 2 }, { a: 2 }], { target: 'y' })).rejects.toThrow(
      'has a gap, expected the target',
    );
  });
});

describe('columns that say nothing of new rows', () => {
  const rows = (count: number, cells: (n: number) => readonly (string | number)[]) =>
    Array.from({ length: count }, (_, n) => [...cells(n), n % 2 ? 'x' : 'y'].join(',')).join('\n');

  test('of text are read as such if no other column is left', async () => {
    const lines = (gap: string) =>
      rows(120, (n) => [n, `user${n}`, n === 7 ? gap : `one of many texts, ${n}`.replace(',', '')]);
    const table = await read(`id,user,review,t\n${lines('')}`);
    expect(table.inputs.map(({ name, type }) => [name, type])).toEqual([['review', 'text']]);
    expect([table.rows, table.leftOut]).toEqual([119, ['id', 'user']]);
    expect(table.decisions.slice(-3)).toEqual([
      'column "review" is read as text, since no other column is left as an input (--column review:categorical reads it as categories)',
      'column "user" is left out: 120 different words (--column user:categorical reads it as categories)',
      'column "id" is left out: the numbers of the rows, from 0 to 119 (--column id:numeric keeps it)',
    ]);
    expect(table.reasons).toHaveProperty('id');
    const kept = await read(`id,user,review,t\n${lines('none')}`, { columns: { id: 'numeric' } });
    expect(kept.inputs.map(({ name }) => name)).toEqual(['id', 'review']);
  });

  const words = ['late', 'early', 'small', 'broken', 'again', 'never', 'twice'];
  const sentence = (n: number) => `it came ${words[n % 7]} and ${words[(n >> 1) % 7]} after ${n} days`;

  test.each<[what: string, count: number, cell: (n: number) => string, reason: string | undefined]>([
    ['sentences that are all different', 40, sentence, '40 different cells of 8 words'],
    ['many sentences that repeat', 400, (n) => sentence(n % 130), '130 different cells of 8 words'],
    ['a few sentences that repeat', 400, (n) => sentence(n % 100), undefined],
    ['names of two words', 400, (n) => `${words[n % 7]} name${n}`, undefined],
    ['words that no other cell has', 400, (n) => `a${n} b${n} c${n} same`, undefined],
    ['many single words', 400, (n) => `name${n % 150}`, undefined],
  ])('%s: text beside other columns, or not', async (_, count, cell, reason) => {
    const lines = `weight,note,t\n${rows(count, (n) => [n + 0.5, cell(n)])}`;
    const { inputs, decisions } = await read(lines);
    const texts = inputs.filter(({ type }) => type === 'text');
    expect(texts.map((column) => [column.name, column.reason])).toEqual(reason === undefined ? [] : [['note', reason]]);
    if (reason === undefined) return;
    expect(decisions).toContain(
      `column "note" is read as text: ${reason} (--column note:categorical reads it as categories, --drop note leaves the column out)`,
    );
    expect(typesOf(await read(lines, { columns: { note: 'categorical' } }))).toMatchObject({ note: 'categorical' });
    expect(typesOf(await read(lines, { drop: ['note'] }))).toEqual({ weight: 'numeric' });
    expect((await read(lines, { stream: true })).inputs.map(({ type }) => type)).not.toContain('text');
  });

  test('of more texts than are kept as words, and with gaps, are texts', async () => {
    const lines = rows(70_000, (n) => [n + 0.5, n % 50 === 0 ? '' : sentence(n)]);
    const { inputs } = await read(`weight,note,t\n${lines}`);
    expect(inputs[1]).toMatchObject({
      type: 'text',
      gaps: 1400,
      reason: 'more than 65,536 different cells of 8 words',
    });
  });

  test('are left out if they are ids or text, and named if they have one value', async () => {
    const text = (n: number) => `name${n} surname${n}`;
    const table = await read(
      `id,shuffled,name,note,one,none,t\n${rows(120, (n) => [120 - n, 500 + ((n * 77) % 120) * 3, `n${n}`, text(Math.max(n, 5)), 7, ''])}`,
    );
    expect([table.inputs.map(({ name }) => name), table.leftOut]).toEqual([
      ['one'],
      ['name', 'note', 'none', 'id', 'shuffled'],
    ]);
    expect(table.decisions.slice(1)).toEqual([
      'column "name" is left out: 120 different words (--column name:categorical reads it as categories)',
      'column "note" is left out: text, 115 different cells (--column note:text reads its words)',
      'column "none" is left out: nothing but gaps',
      'column "id" is left out: the numbers of the rows, from 1 to 120 (--column id:numeric keeps it)',
      'column "shuffled" is left out: another whole number in each row, as ids have (--column shuffled:numeric keeps it)',
    ]);
    expect(table.warnings).toEqual(['column "one" has 7 in all rows (--drop one leaves the column out)']);
  });

  test('are kept if they are measurements, are asked for, or are all that there is', async () => {
    const far = rows(120, (n) => [(n * 7919) % 10_007, 120 - n]);
    expect((await read(`area,id,t\n${far}`, { columns: { id: 'numeric' } })).leftOut).toEqual([]);
    expect((await read('a,b,t\n,1,x\n,2,y\n', { columns: { a: 'numeric' } })).leftOut).toEqual([]);
    const { inputs, warnings } = await read(`id,t\n${rows(12, (n) => [n + 1])}`);
    expect(inputs).toHaveLength(1);
    expect(warnings).toEqual(['column "id" has the numbers of the rows, from 1 to 12 (--column id:numeric keeps it)']);
  });

  test('numbers that may stand for gaps are named if they are far outside of the others', async () => {
    const text = `a,b,t\n${rows(40, (n) => [n % 9 ? n + 0.5 : -999, n % 9 ? 37 * n : 999])}`;
    const [table, robust, standard] = [
      await read(text),
      await read(text, { scale: 'robust' }),
      await read(text, { scale: 'standard' }),
    ];
    // Their column alone is scaled by median and quartiles, unless a scale is asked for.
    const columnsOf = (of: Table) => splitTable(of, { validation: 0, test: 0 }).preprocessing.columns;
    expect(columnsOf(table)).toEqual([columnsOf(robust)[0], columnsOf(standard)[1]]);
    expect(table.decisions).toContainEqual(expect.stringMatching(/^scaled by median and quartiles, .*: "a"$/));
    expect(table.warnings).toEqual([
      'column "a" has -999 in 5 rows, far outside of the others, which are from 1.5 to 39.5: if it stands for a gap, empty these cells, here and in rows to predict',
    ]);
  });
});

describe('numbers and dates are read as all cells of a column have them', () => {
  const day = (text: string) => Date.parse(text) / 86_400_000;
  const cases: [cells: readonly string[], values: readonly (number | '')[], reason: string, separator?: string][] = [
    [['113,6', '', '-2', '1,5e3'], [113.6, '', -2, 1500], 'numbers like 234,5'],
    [['1.038.259', '1.200,50', '7'], [1_038_259, 1200.5, 7], 'numbers like 1.234,5'],
    [['"1,200.50"', '"12,000"', '.5'], [1200.5, 12_000, 0.5], 'numbers like 1,234.5', ','],
    [['"1,200"', '"12,000"'], [1200, 12_000], 'numbers like 1,234.5', ','],
    [['1 200', '1\u202f200,5', '1\u00a0000\u00a0000'], [1200, 1200.5, 1e6], 'numbers like 1 234,5'],
    [["1'200.50", '1’000'], [1200.5, 1000], "numbers like 1'234.5"],
    [['€ 1.200,50', '-3,5 €', '−€2,25'], [1200.5, -3.5, -2.25], 'numbers like 1.234,5 €'],
    [['827,- €', '1.200,50 €', '3,—€'], [827, 1200.5, 3], 'numbers like 1.234,5 €'],
    [['827,-', '1.200,50'], [827, 1200.5], 'numbers like 1.234,5'],
    [['12.–', '3.50', '7'], [12, 3.5, 7], 'numbers like 234.5'],
    [['($12.00)', '$1.50', '$ 3'], [-12, 1.5, 3], 'numbers like 234.5 $'],
    [['(12.00)', '3.5', '', '4'], [-12, 3.5, '', 4], 'numbers like 234.5'],
    [['(1,50 €)', '-2,5 €', '8,25 €', '(8,- €)'], [-1.5, -2.5, 8.25, -8], 'numbers like 234,5 €'],
    [['(1)', '(-2)', '3'], [0, 1, 2], '3 different words'],
    [['(2)', '(2)', '(3)'], [0, 0, 1], '2 different words'],
    [['$5.20', 'US$5', '$7'], [0, 1, 2], '3 different words'],
    [['12.5 %', '0.25%'], [12.5, 0.25], 'numbers like 234.5 %'],
    [['3 kg', '4.5 kg', '12'], [3, 4.5, 12], 'numbers like 234.5 kg'],
    [['6,1 l/100 km', '7 l/100 km'], [6.1, 7], 'numbers like 234,5 l/100 km'],
    [['31.12.2024', '1.2.25'], [day('2024-12-31'), day('2025-02-01')], 'dates like 31.12.2024'],
    [['02/01/2025', '13/01/2025'], [day('2025-01-02'), day('2025-01-13')], 'dates like 31.12.2024'],
    [['02/01/2025', '01/13/2025'], [day('2025-02-01'), day('2025-01-13')], 'dates like 12/31/2024'],
    [
      ['01/31/2025 12:30 AM', '1/2/2025 3:04:05 PM'],
      [day('2025-01-31T00:30Z'), day('2025-01-02T15:04:05Z')],
      'dates like 12/31/2024',
    ],
    [['2025/01/02', '2025-01-02 12:00 pm'], [day('2025-01-02'), day('2025-01-02T12:00Z')], 'all cells are dates'],
    [['7:30 AM', '19:45'], [7.5 / 24, 19.75 / 24], 'times like 11:59 PM or 23:59'],
    [['1.234', '2.345'], [1.234, 2.345], 'all cells are numbers', ','],
    [['1', '-', '2', '', '–'], [1, '', 2, '', ''], 'all cells are numbers, "-" is a gap', ','],
    [['1,5 €', '2,5 €', ' -- ', '3,5 €'], [1.5, 2.5, '', 3.5], 'numbers like 234,5 €, "--" is a gap'],
    [['—', '2025-01-02', ''], ['', day('2025-01-02'), ''], 'all cells are dates, "—" is a gap'],
    [['31.12.2024', '-', '1.2.25'], [day('2024-12-31'), '', day('2025-02-01')], 'dates like 31.12.2024, "-" is a gap'],
    [['7', '-', '', '–', '7'], [7, '', '', '', 7], 'all cells are numbers, "-" is a gap'],
    [['N/D', '1,5', '2,5'], ['', 1.5, 2.5], 'numbers like 234,5, "N/D" is a gap'],
    [['-', '', 'a', '--', '-'], [0, -1, 1, 2, 0], '3 different words'],
    [['ERR', 'ok', 'ERR'], [0, 1, 0], '2 different words'],
    [['1', '-', '', 'many', '2', '3'], [0, 1, -1, 2, 3, 4], '"many" in line 5 is not a number'],
    [['yes', '-', 'no'], [0, 1, 2], '3 different words'],
    [['No', 'no', 'NO'], [0, 0, 0], 'all cells are No, also written no, NO'],
    [['y', 'Yes', 'no', 'N'], [1, 1, 0, 0], 'all cells are y or no'],
    [['t', ''], [1, ''], 'all cells are t'],
  ];
  test.each(cases)('%j', async (cells, values, reason, separator = ';') => {
    const rows = cells.map((cell, n) => [cell, n % 2 ? 'x' : 'y'].join(separator));
    const table = await read(`a${separator}t\n${rows.join('\n')}\n`);
    const [{ data }] = table.inputs;
    const actual = data.kind === 'numbers' ? cellsOf(table, 'a') : [...data.indices];
    expect(actual).toEqual(values.map((value) => (value === '' ? '' : expect.closeTo(value, 9))));
    expect(table.inputs[0].reason).toBe(reason);
    const missing = actual.filter((cell) => cell === '' || (data.kind === 'words' && cell === -1));
    expect(table.inputs[0].gaps).toBe(missing.length);
  });

  test.each<[title: string, cell: (n: number) => string, found: string]>([
    ['hexadecimal ids', (n) => (n === 0 ? '1234e678' : (n * 2654435761).toString(16).padStart(8, '0')), 'left out'],
    ['numbers in base 16', (n) => `0x${(n + 300).toString(16)}`, 'left out'],
    ['flats', (n) => `${1 + (n % 9)}${'ABCDEFGH'[n % 8]}`, 'categorical'],
    ['areas with a typing error', (n) => `${n} ${n === 7 ? 'm3' : 'm2'}`, 'fault'],
    ['prices in many currencies', (n) => `${n} ${['EUR', '$', 'USD', 'GBP', 'CHF', 'JPY', 'INR'][n % 7]}`, 'fault'],
    ['areas', (n) => `${n} m²`, 'numeric'],
  ])('letters after a number are a unit if few different ones are in all cells: %s', async (_title, cell, found) => {
    const file = `a,b,y\n${Array.from({ length: 80 }, (_, n) => `${cell(n)},${n}.5,${n % 3}.25`).join('\n')}\n`;
    if (found === 'fault') return await expect(read(file)).rejects.toThrow('has the units');
    const { inputs } = await read(file);
    expect(inputs.find(({ name }) => name === 'a')?.type ?? 'left out').toBe(found);
  });

  test('numbers of three digits or more with zeros before them may be codes, which is said', async () => {
    const file = (cell: string) => `zip,n,y\n01067,1,0.5\n${cell},2,1.5\n01067,3,2.5\n`.replaceAll('01067', cell);
    const said = async (text: string, options?: TableOptions) =>
      (await read(text, options)).decisions.filter((sentence) => sentence.includes('zeros'));
    expect(await said(file('04049'))).toEqual([
      'column "zip" has numbers with zeros before them, such as "04049" in line 2: if they are codes, --column zip:categorical reads them as categories',
    ]);
    for (const cell of ['09', '0.25', '14049', '00x']) expect(await said(file(cell))).toEqual([]);
    for (const type of ['categorical', 'numeric'] as const)
      expect(await said(file('04049'), { columns: { zip: type } })).toEqual([]);
  });

  test('a dash is a gap of a target of numbers, and a class beside others', async () => {
    const file = (cells: readonly string[]) => `a;t\n${cells.map((cell, n) => `${n}.5;${cell}`).join('\n')}`;
    for (const cells of [
      ['1,5', '-', '2,5', '1,5', '2,5'],
      ['1.5', '-', '2.5', '2.5'],
      ['-', '2', '3', '4'],
      ['1', '-', '0', '1', '0'],
    ]) {
      const [table, same] = [await read(file(cells)), await read(file(cells.filter((cell) => cell !== '-')))];
      expect(cellsOf(table, 't')).toEqual(cellsOf(same, 't'));
      expect(table.decisions[1]).toContain('the row has no "t", the target, and is left out: it is line');
    }
    expect((await read(file(['+', '-', '+', '-']))).classes).toEqual(['+', '-']);
    await expect(
      fitRows(
        [
          { a: 1, t: 2 },
          { a: 2, t: '-' },
        ],
        { target: 't' },
      ),
    ).rejects.toThrow('has "-" in row 1');
  });

  test('one column tells how another is written, and flags tell both', async () => {
    const file = (other: string) => `a;b;t\n1.234;${other};x\n2.345;7;y\n`;
    expect(cellsOf(await read(file('1,5')), 'a')).toEqual([1234, 2345]);
    expect(cellsOf(await read(file('1.5')), 'a')).toEqual([1.234, 2.345]);
    expect(cellsOf(await read(file('1'), { decimal: 'comma' }), 'a')).toEqual([1234, 2345]);
    expect(cellsOf(await read(file('1'), { thousands: 'none' }), 'a')).toEqual([1.234, 2.345]);
    const days = 'a;t\n02/01/2025;x\n03/01/2025;y\n';
    expect(cellsOf(await read(days, { dateFormat: 'mdy' }), 'a')).toEqual([day('2025-02-01'), day('2025-03-01')]);
  });

  test('beyond the most words that are kept, and streamed', async () => {
    const cells = Array.from(
      { length: 70_000 },
      (_, n) => `1.${String(n % 1000).padStart(3, '0')}.${String(n >> 7).padStart(3, '0')},5`,
    );
    const text = `a;t\n${cells.map((cell) => `${cell};${cell} €`).join('\n')}`;
    const { inputs, targets } = await readTable(folder.write('many.csv', text), { stream: true });
    for (const { data, format } of [...inputs, ...targets]) {
      expect(format).toMatchObject({ decimal: 'comma', thousands: 'point' });
      expect(data.kind === 'numbers' && data.values.at(-1)).toBe(1_999_546.5);
    }
  });

  test('a target of them is values, and few words with a unit are classes', async () => {
    const file = (cells: readonly string[]) => `a;t\n${cells.map((cell, n) => `${n}.5;${cell}`).join('\n')}`;
    expect((await read(file(['1,5 €', '2,5 €', '3,5 €', '1.000,00 €']), { targets: 'values' })).classes).toBeNull();
    expect(cellsOf(await read(file(['1,5', '2,5', '1,5', '2,5'])), 't')).toEqual([1.5, 2.5, 1.5, 2.5]);
    expect((await read(file(['1 room', '2 room', '1 room', '2 room']))).classes).toEqual(['1 room', '2 room']);
  });
});

describe('text is read in its encoding, which is said', () => {
  const text = 'größe,t\n1,ä\n2,ö\n';
  test.each<[string, Uint8Array, string | RegExp, TableOptions?]>([
    ['UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), /^any.csv: text in UTF-16, /],
    ['UTF-16 without', Buffer.from(text.replace('größe', 'groesse'), 'utf16le'), /^any.csv: text in UTF-16, /],
    ['UTF-16, high bytes first', Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), /^any.csv: text in UTF-16, /],
    ['Latin-1', Buffer.from(text, 'latin1'), /^any.csv: text in Windows-1252 \(--encoding names another\), /],
    [
      'Latin-1 after much ASCII',
      Buffer.from(`a,t\n${'1,x\n'.repeat(30_000)}2,ä\n2,ö`, 'latin1'),
      /^any.csv: text in Windows-1252 /,
    ],
    [
      'one that is said',
      Buffer.from('a,t\n1,\xc4\n2,\xd6\n', 'latin1'),
      /^any.csv: fields/,
      { encoding: 'windows-1251' },
    ],
  ])('%s', async (_name, bytes, finding, options) => {
    const table = await read(bytes, options);
    expect(table.decisions[0]).toMatch(finding);
    expect(table.classes?.slice(-2)).toEqual(options === undefined ? ['ä', 'ö'] : ['Д', 'Ц'].toSorted());
  });
});

test('Windows-1252 has a euro, dashes and quotation marks, by each of its names', async () => {
  const bytes = Buffer.from('a,t\n1,\x80\xe4\n2,\x84\x96\x94\n3,\x80\xe4\n', 'latin1');
  for (const options of [{}, { encoding: 'windows-1252' }, { encoding: 'latin1' }]) {
    expect((await read(bytes, options)).classes).toEqual(['„–”', '€ä']);
  }
});

describe('a target with one value is named, with file, column and value', () => {
  test.each<[text: string, options: TableOptions, sentence: string]>([
    ['a,b\n1,x\n2,x\n3,x\n', {}, 'column "b", the target, has "x" in all 3 rows, so there is nothing to tell apart'],
    ['a,b\n1,7\n2,7\n', {}, 'column "b", the target, has "7" in all 2 rows, so there is nothing to tell apart'],
    ['a,b\n1,.5\n2,.5\n', {}, 'column "b", the target, has 0.5 in all 2 rows, so there is nothing to learn'],
    ['1,x\n', { header: false }, 'column "2", the target, has "x" in its only row, so there is nothing to tell apart'],
    ['a,b\n1,0.5\n', {}, 'column "b", the target, has 0.5 in its only row, so there is nothing to learn'],
    [
      'a,b\n1,.5\n2,.5\n,1\n',
      { missing: 'drop' },
      'column "b", the target, has 0.5 in all 2 rows, so there is nothing to learn',
    ],
    [
      'a,b,c\n1,2,.5\n2,3,.5\n',
      { target: ['b', 'c'] },
      'column "c", the target, has 0.5 in all 2 rows, so there is nothing to learn',
    ],
  ])('%j with %j', async (text, options, sentence) => {
    expect((await read(text, options, 'one.csv')).warnings).toEqual([`one.csv: ${sentence}`]);
  });

  test('where no other class is known', async () => {
    const text = 'a,b\n1,x\n2,x\n';
    expect((await read(text, { classNames: ['x', 'y'] })).warnings).toEqual([]);
  });
});

describe('classes that may be one in two spellings are named and stay as they are', () => {
  test.each<[cells: readonly string[], has: string]>([
    [
      ['positive', 'Positive', 'negative', 'positive', ' negative'],
      '"Positive" in 1 row and "positive" in 2 rows, which stay different classes',
    ],
    [
      ['yes', 'Yes', 'y', 'y', 'yes'],
      '"Yes" in 1 row and "y" in 2 rows and "yes" in 2 rows, which stay different classes',
    ],
    [
      ['b  c', 'B c', 'A', 'a'],
      '"A" in 1 row and "a" in 1 row, and "B c" in 1 row and "b  c" in 1 row, which stay different classes',
    ],
  ])('%j', async (cells, has) => {
    const table = await read(`a,y\n${cells.map((cell, n) => `${n}.5,${cell}`).join('\n')}`);
    expect(table.classes).toEqual([...new Set(cells.map((cell) => cell.trim()))].toSorted());
    expect(table.warnings).toEqual([
      `column "y", the target, has ${has}: write them alike in the file if they are one`,
    ]);
  });

  test('others are not', async () => {
    for (const cells of [
      ['yes', 'no', 'y es'],
      ['T', 'Y', 'A'],
      ['1', '0', '1'],
    ]) {
      expect((await read(`a,y\n${cells.map((cell, n) => `${n}.5,${cell}`).join('\n')}`)).warnings).toEqual([]);
    }
  });
});

describe('a target of yes and no in several spellings has two classes, named by the most frequent ones', () => {
  const text = (cells: readonly string[]) => `a,y\n${cells.map((cell, n) => `${n}.5,${cell}`).join('\n')}`;
  test.each<[cells: readonly string[], classes: readonly string[], indices: readonly number[], reason: string]>([
    [
      ['No', 'no', 'Yes', 'YES', 'yes', ' no', 'yes'],
      ['no', 'yes'],
      [0, 0, 1, 1, 1, 0, 1],
      '5 different names; "no" and "No" are one class; "yes", "Yes" and "YES" are one class',
    ],
    [['Y', 'false', 'n'], ['Y', 'false'], [0, 1, 1], '3 different names; "false" and "n" are one class'],
    [['T', 'F', 'T'], ['F', 'T'], [1, 0, 1], '2 different names'],
  ])('%j', async (cells, classes, indices, reason) => {
    const table = await read(text(cells));
    expect(table).toMatchObject({ classes, warnings: [], targets: [{ reason }] });
    expect(table.targets[0].data).toMatchObject({ indices: Int32Array.from(indices) });
    const target = [{ name: 'y', type: 'classes', labels: classes }] as const;
    const columns = [{ name: 'a', type: 'numeric', center: 0, scale: 1, fill: null, indicator: false }] as const;
    // A model reads other spellings, too, as the class of their truth.
    const others = folder.write('others.csv', text(['TRUE', 'no', 'f']));
    const [{ data }] = (await readTableAs(others, { version: 1, columns, target })).targets;
    const yes = classes.findIndex((word) => /^[ty]/i.test(word));
    expect(data).toMatchObject({ words: classes, indices: Int32Array.from([yes, 1 - yes, 1 - yes]) });
  });

  test('one that is said to be boolean has no other words', async () => {
    const options = { columns: { y: 'boolean' } } as const;
    await expect(read(text(['yes', 'maybe', 'no']), options)).rejects.toThrow(
      '("y") has "maybe", expected true or false',
    );
    expect((await read(text(['yes', 'No', 'no']), options)).classes).toEqual(['No', 'yes']);
  });

  test('others keep their names', async () => {
    for (const cells of [
      ['yes', 'Yes', 'no', 'maybe', 'no'],
      ['yes', 'Yes', '0', 'no', 'yes'],
    ])
      expect((await read(text(cells))).classes).toEqual([...new Set(cells)].toSorted());
  });
});

test('words of an input in several spellings are named and stay as they are', async () => {
  const cells = ['Plus', 'plus', 'PLUS ', 'basic', 'Basic', 'plus', 'free'];
  const { inputs, warnings } = await read(`plan,y\n${cells.map((cell, n) => `${cell},${n}.5`).join('\n')}`);
  expect(inputs[0].data).toMatchObject({ words: ['Plus', 'plus', 'PLUS', 'basic', 'Basic', 'free'] });
  expect(warnings).toEqual([
    'column "plan" has "Plus" in 1 row and "plus" in 2 rows and "PLUS" in 1 row, and "basic" in 1 row and "Basic" in ' +
      '1 row, which stay different categories: write them alike in the file, and in rows to predict, if they are one',
  ]);
});

describe('a last row that is the total of the others is left out, and one that may be is named', () => {
  const rows = Array.from({ length: 12 }, (_, n) => `${'ab'[n % 2]},${n + 0.5},${n % 5}.25`);
  test.each<[last: string, why: string | undefined]>([
    ['Summe,1.5,2.25', 'has "Summe"'],
    ['Grand Total,1.5,2.25', 'has "Grand Total"'],
    ['Summe,71,2.25', 'has "Summe"'],
    ['total 2024:,1.5,2.25', 'has "total 2024:"'],
    ['a,1.5,24.25', undefined],
    ['a,1.5,24', 'has the sum of all others in "y"'],
    ['a,72,2.25', 'has the sum of all others in "n"'],
    ['a,-72,2.25', undefined],
    ['totally,1.5,2.25', undefined],
    ['b,1.5,2.25', undefined],
  ])('only one sign of a total is in the last row, which is kept: %s', async (last, why) => {
    const table = await read(`city,n,y\n${[...rows, last].join('\n')}\n`);
    const warnings = table.warnings.filter((warning) => warning.includes('the last row'));
    expect(warnings).toEqual(
      why === undefined
        ? []
        : [
            `line 14, the last row, ${why}: if it is a total, take it out of the file, since it is learned from as others are`,
          ],
    );
    expect(table.rows).toBe(13);
  });

  test.each([
    [[5, -3, 0, 0, 1, 0, 0, -1, 0, 2, 4]],
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7]],
    [[2e307, 9e307, 9e307, 1, 2, 3, 4, 5, 6, 7, 1e308]],
  ])('%j is a sum by chance, or none', async (numbers) => {
    const rows = numbers.map((n, at) => `${n},${at % 2 ? 'x' : 'y'}`).join('\n');
    expect((await read(`n,t\n${rows}`)).warnings).toEqual([]);
  });

  const nine = Array.from(
    { length: 9 },
    (_, n) => `0${n + 1}.03.2024;${'ab'[n % 2]};Halle ${n % 3};${n + 1},5;${'xyz'[n % 3]}`,
  );
  test.each<[end: string, left: readonly string[]]>([
    ['Gesamt:;;;50,25;', ['line 11, the last row, is left out: it has the totals ("Gesamt:")']],
    ['10.03.2024;Summe;Halle;49,5;x', ['line 11, the last row, is left out: it has the totals ("Summe")']],
    [
      'Summe;;;49,5;\n\nAlle Preise zzgl. MwSt.\n',
      [
        'line 11, the last row, is left out: it has the totals ("Summe")',
        'line 13 is left out as a note below the table: "Alle Preise zzgl. MwSt."',
      ],
    ],
    ['Stand: Mai 2024;S. 1', ['line 11 is left out as a note below the table: "Stand: Mai 2024"']],
  ])('a total is left out, and so are notes below it: %j', async (end, left) => {
    const text = (rows: readonly string[]) => `am;art;ort;preis;t\n${rows.join('\n')}\n`;
    const [table, same] = [await read(text([...nine, end])), await read(text(nine))];
    expect(table.decisions.slice(1, 1 + left.length)).toEqual(left);
    expect(table.decisions.toSpliced(1, left.length)).toEqual(same.decisions);
    expect([table.rows, table.inputs, table.targets, table.warnings]).toEqual([9, same.inputs, same.targets, []]);
  });

  test.each([
    ['10.03.2024', 'line 11 has 1 column, expected 5'],
    ['10.03.2024;a', 'line 11 has 2 columns, expected 5'],
    ['Halle;a', 'line 11 has 2 columns, expected 5'],
    ['Summe 1;Summe 2;Summe 3', 'line 11 has 3 columns, expected 5'],
  ])('any other line of a wrong length is a fault: %j', async (end, fault) => {
    await expect(read(`am;art;ort;preis;t\n${[...nine, end].join('\n')}\n`)).rejects.toThrow(fault);
  });

  test('a model reads the same rows', async () => {
    const text = ['art;preis;t', 'a;1,5;x', 'b;2,5;y', 'a;3,5;x', 'Summe;7,5;'].join('\n');
    const table = await read(text);
    const { preprocessing } = splitTable(table, { validation: 0, test: 0 });
    const path = folder.write('rows.csv', `${text}y`);
    expect([table.rows, (await readTableAs(path, preprocessing)).rows]).toEqual([3, 3]);
  });

  test('a class of this name is none, and a column of numbers says what to do with it', async () => {
    const often = Array.from({ length: 12 }, (_, n) => `${n % 2 ? 'total' : 'part'},${n}.5`).join('\n');
    expect((await read(`what,y\n${often}`)).warnings).toEqual([]);
    const numbered = `nr,y\n${Array.from({ length: 30 }, (_, n) => `${n * n},${n}.5`).join('\n')}\nSumme,9\n`;
    await expect(read(numbered)).rejects.toThrow(
      'has "Summe" in line 32, expected a number, as in 30 of 31 cells (take the row of totals out of the file)',
    );
  });
});

test('a column whose type is said is not warned of', async () => {
  const lines = Array.from({ length: 12 }, (_, n) => `${n},${n % 2 ? 'x' : 'y'}`).join('\n');
  expect((await read(`year,t\n${lines}`, { columns: { year: 'numeric' } })).warnings).toEqual([]);
});

test('warns of ten columns at most, and gives advice that a shell takes', async () => {
  const names = Array.from({ length: 30 }, (_, k) => `a ${k}`);
  const rows = Array.from({ length: 20 }, (_, n) => [...names.map(() => '1'), n % 2 === 0 ? 'p' : 'q'].join(','));
  const { warnings } = await read([[...names, 'y'].join(','), ...rows].join('\n'));
  expect(warnings).toHaveLength(10);
  expect(warnings[0]).toBe(`column "a 0" has 1 in all rows (--drop 'a 0' leaves the column out)`);
  expect(warnings[9]).toMatch(/^21 more columns have one value in all rows/);
});

const words = (count: number) => Array.from({ length: count }, (_, n) => `word${n},${n % 2}`).join('\n');

const faults: [sentence: string, text: string | Uint8Array, options?: TableOptions][] = [
  [' has no rows, expected at least one', ''],
  [' has no rows, expected at least one', 'a,b\n'],
  [': line 1 has the name "a" in columns 1 and 3, expected each name once (rename one in the file)', 'a,b,a\n1,2,3\n'],
  [': line 3 has 2 columns, expected 3 (as in the names of columns)', 'a,b,c\n1,2,3\n1,2\n'],
  [': line 2 has 4 columns, expected 3 (as in the first row)', '1,2,3\n1,2,3,4\n'],
  [' has 1 column, expected one or more beside the target', 'a\n1\n'],
  [' has no "b", the target, in any row, expected one (--target names another column)', 'a,b\n1,\n3,NA\n'],
  [
    ': line 3, column 2 ("b") has a gap, expected the target of the row',
    'a,b\n2024-01-01,2\n2024-01-02,\n',
    { series: 'a', target: 'b' },
  ],
  [': line 2, column 1 ("a") has "1e400", expected a finite number', 'a,b\n1e400,2\n3,4\n'],
  [': line 3, column 1 ("a") has "x", expected a number', 'a,b\n1,2\nx,4\n', { columns: { a: 'numeric' } }],
  [
    ': line 3, column 1 ("a") has "2020-02-30", a day that does not exist, expected a date',
    'a,b\n2020-02-29,2\n2020-02-30,4\n',
    { columns: { a: 'date' } },
  ],
  [
    ': column 1 ("a") has "x" in line 202, expected a number, as in 200 of 201 cells (empty these cells to make them gaps, --drop a leaves the column out)',
    `a,b\n${Array.from({ length: 200 }, (_, n) => `${n},1`).join('\n')}\nx,2\n`,
  ],
  [
    ': column 1 ("a") has "x" in line 24, expected a number, as in 22 of 28 cells (empty these cells to make them gaps, --drop a leaves the column out, --column a:categorical',
    `a,b\n${Array.from({ length: 22 }, (_, n) => `${n},1`).join('\n')}\nx,2\n,2\n${'x,2\n'.repeat(5)}`,
  ],
  [': column 2 ("b") has dates, expected classes or numbers', 'a,b\n1,2024-01-01\n2,2024-01-02\n'],
  [
    ': column 1 ("a") has "1.234" in line 2, which is 1234 with --decimal comma and 1.234 with --decimal point, expected one of these flags, since all cells allow both',
    'a;b\n1.234;1\n2;2\n3.500;2\n',
  ],
  [
    ': column 1 ("a") has "01/02/2024" in line 2, which is 2024-02-01 with --date-format dmy and 2024-01-02 with --date-format mdy, expected one',
    'a,b\n01/02/2024,1\n02/03/2024,2\n',
  ],
  [
    ': column 1 ("a") has "-56,426 €" in line 3, which is -56.426 with --decimal comma and -56426 with --decimal point, expected one',
    'a;b\n5;1\n-56,426 €;2\n3,500 €;2\n',
  ],
  [
    ': line 23, column 1 ("a") has "31.02.2024", a day that does not exist, expected a date such as 31.12.2024',
    `a;b\n${Array.from({ length: 21 }, (_, n) => `${n + 1}.03.2024;${n % 2}`).join('\n')}\n31.02.2024;1\n`,
  ],
  [
    ': column 1 ("a") has the units g, kg, expected one in all cells (--drop a',
    `a,b\n${Array.from({ length: 30 }, (_, n) => `${n} ${n % 2 ? 'k' : ''}g,1`).join('\n')}`,
  ],
  [
    ' has 3 kinds of faults: line 3, column 1 ("a") has "viel", expected a number such as 234,5 (empty these cells to make them gaps, --drop a leaves the column out) (1 more cell like it); line 6 has 2 columns, expected 3 (as in the names of columns) (2 more rows like it); line 9, column 2 ("b") has "1e400", expected a finite number',
    `a;b;c\n1,5;1;2\nviel;1;2\n2,5;1;3\nviel;1;2\n1;2\n1;2\n1;2\n3;1e400;2\n${Array.from({ length: 30 }, (_, n) => `${n},25;${n};1`).join('\n')}`,
    { target: 'b' },
  ],
  [' has no column left as an input, expected one: column "a" has nothing but gaps', 'a,b\n,1\n-,2\nNA,3\n'],
  [
    ' has no column left as an input, expected one: column "a" has 120 different words',
    `a,b\n${words(120)}`,
    { columns: {} },
  ],
  [
    ': column 1 ("a") has "2024-02-30" in line 3, a day that does not exist, expected a date, as in 2 of 3 cells (empty these cells to make them gaps, --drop a leaves the column out, --column a:categorical',
    'a,b\n2024-01-01,1\n2024-02-30,2\n2024-03-01,2\n',
  ],
  [
    ': column 2 ("b") has "x" in line 42, expected a number, as in 40 of 41 cells (empty these cells to leave their rows out, --targets classes',
    `a,b\n${Array.from({ length: 40 }, (_, n) => `1,${n}`).join('\n')}\n1,x\n`,
  ],
  [
    ': column 2 ("b") has 60 different names in 60 rows, expected classes that repeat',
    `a,b\n${Array.from({ length: 60 }, (_, n) => `1,n${n}`).join('\n')}`,
  ],
  [
    ': line 2, column 1 ("a") has 5000 characters, expected at most 1000 (--drop a',
    `a,b\n${'x'.repeat(5000)},2\n`,
    { columns: { a: 'categorical' } },
  ],
  [
    ': line 4, column 2 ("b") has "x", expected a number such as 234,5 (empty these cells to leave their rows out)',
    `a;b\n1;2,5\n1;3,5\n1;x\n${Array.from({ length: 30 }, (_, n) => `1;${n},5`).join('\n')}\n`,
  ],
  [
    ': line 3 has 3 columns, expected 2 (as in the names of columns; a number with a comma needs quotation marks around it) (1 more row like it)',
    'a,b\n5,1\n$1,200.50,2\n$1,300,2\n',
  ],
  [': line 3 has 3 columns, expected 2 (as in the names of columns)', 'a,b\n5,1\n1,20,2\n'],
  [': line 3 has 3 columns, expected 2 (as in the names of columns)', 'a;b\n5;1\n1;200;2\n'],
  [
    ': line 3 has the names of columns again, expected them once (delete such lines) (1 more row like it)',
    'a,b\n5,1\na,b\n6,2\na,b\na,2\n',
  ],
  [
    ': column 2 ("b") has the units g, kg, expected one in all cells (convert the others in the file)',
    `a,b\n${Array.from({ length: 60 }, (_, n) => `1,${n} ${n % 2 ? 'k' : ''}g`).join('\n')}`,
  ],
  [': line 3, column 2 ("w") has a gap, expected a weight', 'a,w,b\n1,1,2\n1,-,2\n', { weightColumn: 'w' }],
  [': line 2, column 2 ("w") has "-1", expected a weight of at least 0', 'a,w,b\n1,-1,2\n', { weightColumn: 'w' }],
  [' has a gap in each row, expected rows without (--missing impute', 'a,b,t\n,1,x\n2,,y\n', { missing: 'drop' }],
  [
    ' has bytes at line 3 that are not text (byte 7), expected UTF-8 (--encoding names another',
    Buffer.from('a,b\n\xc3\xa4\n\xff', 'latin1'),
  ],
  [
    ' has bytes at line 1 that are not text (byte 2), expected UTF-8 (--encoding names another',
    Buffer.from('a,\xcf\xf0\xe8\xe2\xe5\xf2\n', 'latin1'),
  ],
  [
    ' has bytes after line 1 that are not text in shift_jis, expected',
    Buffer.from('a,b\n\xff', 'latin1'),
    { encoding: 'shift_jis' },
  ],
  [' has an open quote in the row at line 2, expected a closing quote', 'a,b\n1,"2\n3,4\n'],
  [' has an open quote in the row at line 5, expected a closing quote', 'a,b\n"1\n1",2\n\n1,"2\n3,4\n'],
];

describe('is refused with file, line and column', () => {
  test.each(faults)('%s', async (sentence, text, options) => {
    const path = folder.write('bad.csv', text);
    const message = await messageOf(readTable(path, options));
    expect(message).toContain(`${path}${sentence}`);
    expect(message).toMatch(/^(readTable|readCsv): [^\n]*, expected [^\n]*$/);
  });

  test.each<[string, TableOptions]>([
    ['target has "d", expected one of "a", "b", "c" (1 to 3)', { target: 'd' }],
    ['drop has "cc", expected one of "a", "b", "c" (1 to 3)', { drop: ['cc'] }],
    ['columns has "z", expected one of', { columns: { z: 'numeric' } }],
    [
      'columns.a has "number", expected one of numeric, categorical, boolean, date',
      { columns: { a: 'number' } } as never,
    ],
    ['target has "a", which is left out, expected another column', { drop: ['a'], target: 'a' }],
    ['weightColumn has "a", which is left out, expected another column', { drop: ['a'], weightColumn: 'a' }],
    [
      'classNames has ["1","2"], expected none: there are several targets',
      { target: ['a', 'b'], classNames: ['1', '2'] },
    ],
    ['scale has "big", expected one of standard, minmax, robust, none', { scale: 'big' } as never],
  ])('an option: %s', async (sentence, options) => {
    await expect(read('a,b,c\n1,2,3\n', options)).rejects.toThrow(`readTable: ${sentence}`);
  });
});

const small = Buffer.from('\ufeffa,"b ""x""",kind\r\n1,-2.5e3,cat\r\n"3",yes,"a dog"\r\n,no,cat\r\n');

test.each([
  ['damaged at random', damageOf(small)],
  ['of any bytes', fc.uint8Array({ maxLength: 200 })],
  ['of any text', fc.string({ unit: fc.constantFrom(...'0123456789.-+eE,;|\n\r\t "axNA?\ufeff') })],
])('a file %s gives columns of whole rows or one sentence', async (_name, files) => {
  const options = fc.record(
    {
      header: fc.boolean(),
      targets: fc.constantFrom('classes', 'values'),
      target: fc.constantFrom('kind', 1, 2),
      missing: fc.constantFrom('impute', 'drop'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(files, options, async (bytes, tableOptions) => {
      try {
        const { rows, inputs, targets } = await read(bytes, tableOptions as TableOptions);
        for (const { data, gaps } of [...inputs, ...targets]) {
          const missing =
            data.kind === 'numbers' ? data.values.filter(Number.isNaN) : data.indices.filter((i) => i < 0);
          expect([(data.kind === 'numbers' ? data.values : data.indices).length, missing.length]).toEqual([rows, gaps]);
        }
      } catch (error) {
        expect(String(error)).toMatch(/^(Option)?Error: (readTable|readCsv): [^\n]* expected [^\n]*$/);
      }
    }),
    { seed: propertySeed, numRuns: 100 },
  );
});
