import { createModel, dense, flatten, readTable, sequential, splitTable, type TableOptions } from '@gradloom/runtime';
import { hashDataset, inputRows, lastWindows, naiveErrors, readTableAs } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
let files = 0;
const write = (lines: readonly string[]): string => folder.write(`series-${files++}.csv`, `${lines.join('\n')}\n`);
const read = (lines: readonly string[], options: TableOptions = {}) =>
  readTable(write(lines), { target: 'x', series: 't', scale: 'none', ...options });

/** A row of series s at time t, with a value that no other row has. */
const codeOf = (s: number, t: number): number => 1000 * s + t;

test(`windows have the rows of one series and one set, in the order of time (seed ${propertySeed})`, async () => {
  const drawn = fc.record({
    lengths: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }),
    T: fc.integer({ min: 1, max: 4 }),
    H: fc.integer({ min: 1, max: 3 }),
    isMixed: fc.boolean(),
  });
  const check = fc.asyncProperty(drawn, async ({ lengths, T, H, isMixed }) => {
    const long = [60, ...lengths];
    const rows = long.flatMap((length, s) => Array.from({ length }, (_, t) => ({ s, t })));
    if (isMixed) rows.sort((a, b) => a.t - b.t);
    const lines = rows.map(({ s, t }) => `${t},s${s},${codeOf(s, t)},${s}`);
    const table = await read(['t,k,x,y', ...lines], { seriesKey: 'k', context: T, horizon: H });
    const { sets } = splitTable(table, { validation: 0.2, test: 0.2 });
    const ends: number[] = [];
    for (const set of [sets.train, sets.validation, sets.test]) {
      if (set === undefined) throw new Error('no set');
      const { rows: N, inputs, targets } = set;
      expect(inputs.shape).toEqual([T, 2]);
      const x = inputRows(set, 0, N, 'float64');
      const seen = new Set<number>();
      let [first, last] = [Number.POSITIVE_INFINITY, 0];
      for (let n = 0; n < N; n++) {
        const start = x[n * 2 * T];
        const windowRows = Array.from({ length: T }, (_, p) => [start + p, Math.floor(start / 1000)]).flat();
        expect([...x.subarray(n * 2 * T, (n + 1) * 2 * T)]).toEqual(windowRows);
        const after = Array.from({ length: H }, (_, h) => start + T + h);
        expect([...targets.array.subarray(n * H, (n + 1) * H)]).toEqual(after);
        seen.add(start);
        first = Math.min(first, start % 1000);
        last = Math.max(last, (start % 1000) + T + H - 1);
      }
      expect(seen.size).toBe(N);
      ends.push(first, last);
      // The rows are there once, whatever the number of windows.
      expect(inputs.array.length).toBeLessThanOrEqual(2 * rows.length);
    }
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    expect(new Set(ends).size).toBe(6);
  });
  await fc.assert(check, { seed: propertySeed, numRuns: 30 });
});

const days = (...names: string[]) => ['t,x', ...names.map((name, n) => `${name},${n}`)];

test.each([
  ['days', days('2024-02-28', '2024-02-29', '2024-03-01'), { unit: 'days', size: 1 }],
  ['hours', days('2024-02-28T22:00', '2024-02-28T23:00', '2024-02-29T00:00'), { unit: 'days', size: 1 / 24 }],
  ['weeks of four', days('2023-02-01', '2023-03-01', '2023-03-29'), { unit: 'days', size: 28 }],
  ['months', days('2023-02-01', '2023-03-01', '2023-04-01', '2023-05-01'), { unit: 'months', size: 1 }],
  ['months without days', days('2023-11', '2023-12', ' 2024-01', '2024-02'), { unit: 'months', size: 1 }],
  ['ends of months', days('2023-01-31', '2023-02-28', '2023-03-31', '2023-04-30'), { unit: 'months', size: 1 }],
  ['quarters', days('2023-01-01', '2023-04-01', '2023-07-01'), { unit: 'months', size: 3 }],
  ['numbers', days('0.1', '0.2', '0.3', '0.4'), { unit: 'numbers', size: 0.1 }],
])('the step of %s is found', async (_name, lines, step) => {
  const { series } = await read(lines, { context: 1 });
  expect(series?.step).toEqual({ ...step, size: expect.closeTo(step.size, 6) });
});

describe('one sentence names the row and what it should have', () => {
  const keyed = (...rows: string[]) => ['t,k,x', ...rows];
  test.each<[string, readonly string[], TableOptions, string]>([
    [
      'a gap',
      days('2024-01-01', '2024-01-02', '2024-01-04', '2024-01-05'),
      {},
      'row 3 has the time 2024-01-04, expected 2024-01-03 (1 day after row 2, as between most rows)',
    ],
    [
      'a missing month',
      days('2024-01-31', '2024-02-29', '2024-03-31', '2024-05-31'),
      {},
      'row 4 has the time 2024-05-31, expected 2024-04-30 (1 month after row 3, as between most rows)',
    ],
    [
      'a time out of order',
      days('1', '3', '2'),
      {},
      'row 3 has the time 2, expected a time after 3 of row 2 (rows are read in the order of time)',
    ],
    [
      'two series without their key',
      days('1', '1', '2', '2'),
      {},
      'row 2 has the time 1, expected a time after 1 of row 1 (--series-key tells several series apart)',
    ],
    [
      'a time twice in one of several series',
      keyed('1,a,0', '1,b,0', '2,a,0', '2,a,0'),
      { seriesKey: 'k' },
      'row 4 ("a") has the time 2, expected a time after 2 of row 3 (a series has one row for each time)',
    ],
    [
      'a gap in one of several series',
      keyed('1,a,0', '1,b,0', '2,a,0', '3,a,0', '3,b,0'),
      { seriesKey: 'k' },
      'row 5 ("b") has the time 3, expected 2 (1 after row 2, as between most rows)',
    ],
    ['no time', days('1', 'soon'), {}, 'column 1 ("t") has "soon", expected the time of the row: a number, or a date'],
    ['a month that does not exist', days('2024-12', '2024-13'), {}, 'has "2024-13", expected the time of the row'],
    ['a row without time', days('1', '', '3'), {}, 'has a gap, expected the time of the row'],
    ['two forms of time', days('2024-01-01', '3'), {}, 'has numbers and dates, expected the times of all rows in one'],
    ['a series without name', keyed('1,a,0', '2,,0'), { seriesKey: 'k' }, 'has a gap, expected the series of the row'],
    ['classes', days('1', '2'), { targets: 'classes' }, 'targets has "classes", expected values'],
    ['rows left out', days('1', '2'), { missing: 'drop' }, 'missing has "drop", expected impute'],
    ['rows in a file', days('1', '2'), { stream: true }, 'stream has true, expected none'],
    ['weights', days('1', '2'), { weightColumn: 'x' }, 'weightColumn has "x", expected none'],
  ])('%s', async (_name, lines, options, sentence) => {
    await expect(read(lines, options)).rejects.toThrow(sentence);
  });
  test('options of windows without a series', async () => {
    const path = write(days('1', '2'));
    await expect(readTable(path, { context: 3 })).rejects.toThrow('context has 3, expected none without series');
  });
});

const line = (rows: number): readonly string[] => days(...Array.from({ length: rows }, (_, n) => String(n)));

test.each<[string, object, string]>([
  ['folds', { folds: 3 }, 'folds has 3, expected none: a series is split by time'],
  ['stratified splits', { stratify: true }, 'stratify has true, expected none: a series is split by time'],
  [
    'a set without a window',
    { test: 0.2 },
    'context has 4, and the test rows of windows have 4 rows of a series, expected 5 or more (a window, and 1 row',
  ],
])('%s are refused', async (_name, options, sentence) => {
  const table = await read(line(20), { context: 4, name: 'windows' });
  expect(() => splitTable(table, options)).toThrow(sentence);
});

test('a model forecasts in units of the target from the last rows of a window', async () => {
  const lines = ['t,x,word', ...Array.from({ length: 12 }, (_, n) => `${n},${10 * n},${n % 2 ? 'odd' : 'even'}`)];
  const table = await read(lines, { scale: 'standard', context: 2, horizon: 2 });
  const { sets, preprocessing } = splitTable(table);
  // Rows [x, even, odd] of two steps: both outputs are the last x.
  const W = Float64Array.from({ length: 12 }, (_, i) => (Math.floor(i / 2) === 3 ? 1 : 0));
  const model = createModel({
    spec: sequential([2, 3], flatten(), dense(2)),
    parameters: Float64Array.of(...W, 0, 0),
    loss: 'mse',
    preprocessing,
  });
  const row = (x: number) => ({ x, word: 'odd' });
  const [answer, other] = model.predict([
    [row(1), row(2), row(70)],
    [
      [1, 'odd'],
      [30, 'even'],
    ],
  ]);
  expect(answer.prediction).toEqual({ 'x+1': expect.closeTo(70, 9), 'x+2': expect.closeTo(70, 9) });
  expect(other.prediction).toEqual({ 'x+1': expect.closeTo(30, 9), 'x+2': expect.closeTo(30, 9) });
  expect(() => model.predict([[row(1)]])).toThrow('predict: window 0 has 1 row, expected a list of 2 rows or more');
  // The same answers are the naive forecast: 10 and 20 too low in all windows.
  expect(naiveErrors(sets.train)).toEqual({ mae: expect.closeTo(15, 9), rmse: expect.closeTo(Math.sqrt(250), 9) });
  const again = await readTableAs(write(lines), preprocessing);
  const { x, keys } = lastWindows(again, preprocessing);
  expect(keys).toEqual([null]);
  expect(model.predict(x)[0].prediction).toEqual({ 'x+1': expect.closeTo(110, 9), 'x+2': expect.closeTo(110, 9) });
  const gap = write(lines.filter((_, n) => n !== 6));
  await expect(readTableAs(gap, preprocessing)).rejects.toThrow(
    'row 6 has the time 6, expected 5 (1 after row 5, as the',
  );
});

test('places of windows are a part of what a run reads', async () => {
  const table = await read(['t,k,x', '1,a,1', '2,a,2', '1,b,3', '2,b,4'], { seriesKey: 'k', context: 1 });
  const { train } = splitTable(table).sets;
  const { places } = train.inputs;
  expect([...(places ?? [])]).toEqual([0, 2]);
  const other = new Int32Array(new SharedArrayBuffer(8));
  other.set([0, 1]);
  const moved = { ...train, inputs: { ...train.inputs, places: other } };
  const wide = { ...moved, inputs: { ...moved.inputs, step: 2 } };
  const hashes = await Promise.all([train, moved, wide].map(hashDataset));
  expect(new Set(hashes).size).toBe(3);
  other[1] = 4;
  await expect(hashDataset(moved)).rejects.toThrow('inputs.places has 4 for row 1, expected a place from 0 to 3');
});
