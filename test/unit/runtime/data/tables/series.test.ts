import {
  createModel,
  dense,
  fitPreprocessing,
  flatten,
  readTable,
  sequential,
  splitTable,
  type TableOptions,
} from '@gradloom/runtime';
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

const timesOf = ({ series, rows, inputs }: Awaited<ReturnType<typeof read>>) => ({
  rows,
  filled: series?.filled,
  time: series?.time.data,
  inputs: inputs.map(({ data }) => data),
});

test.each(['interpolate', 'skip'] as const)('a row without a target is as a missing row (%s)', async (seriesGaps) => {
  const all = Array.from({ length: 30 }, (_, t) => `${t},${t * t},${3 * t + 0.5}`);
  const options = { seriesGaps, context: 2 };
  const absent = await read(['t,x,y', ...all.filter((_, t) => t !== 7 && t !== 20)], options);
  for (const gap of ['', '-']) {
    const empty = all.map((line, t) => (t === 7 || t === 20 ? `${t},${gap},1000` : line));
    const table = await read(['t,x,y', ...empty], options);
    expect(timesOf(table)).toEqual(timesOf(absent));
    expect(table.decisions).toContain('2 rows without "x", the target, count as missing rows');
    const preprocessing = fitPreprocessing(table, Uint32Array.of(0, 1, 2, 3, 4, 5));
    expect(timesOf(await readTableAs(write(['t,x,y', ...empty]), preprocessing))).toEqual(timesOf(absent));
  }
  const lacking = ['t,x,y', ...all.with(7, '7,,1')];
  await expect(read(lacking)).rejects.toThrow(
    'line 9, column 2 ("x") has a gap, expected the target of the row (--series-gaps interpolate fills gaps in, --series',
  );
  await expect(read(['t,x,y', '0,,1', '1,,2', '2,,4'], options)).rejects.toThrow('has no "x", the target, in any row');
});

test('with means, only a step whose rows all lack the target is missing', async () => {
  const rows = ['0,4,1', '1,,3', '2,5,5', '3,7,7', '4,,9', '5,,9', '6,8,1', '7,8,1'];
  const means = { every: '2', context: 1 } as const;
  const table = await read(['t,x,y', ...rows], { ...means, seriesGaps: 'skip' });
  expect(table.inputs.map(({ data }) => 'values' in data && [...data.values])).toEqual([
    [4, 6, 8],
    [2, 6, 1],
  ]);
  expect(table.decisions).toContain('1 step without "x", the target, counts as a missing row');
  await expect(read(['t,x,y', ...rows], means)).rejects.toThrow('has the time 6, expected 4');
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
      'line 4 has the time 2024-01-04, expected 2024-01-03 (1 day after line 3, as between most rows; --series-gaps interpolate fills',
    ],
    [
      'a missing month',
      days('2024-01-31', '2024-02-29', '2024-03-31', '2024-05-31'),
      {},
      'line 5 has the time 2024-05-31, expected 2024-04-30 (1 month after line 4, as between most rows; --series-gaps',
    ],
    [
      'a time out of order',
      days('1', '3', '2'),
      {},
      'line 4 has the time 2, expected a time after 3 of line 3 (rows are read in the order of time)',
    ],
    [
      'two series without their key',
      days('1', '1', '2', '2'),
      {},
      'line 3 has the time 1, expected a time after 1 of line 2 (--series-key tells several series apart, --every takes the mean of the rows in each step)',
    ],
    [
      'a time twice in one of several series',
      keyed('1,a,0', '1,b,0', '2,a,0', '2,a,0'),
      { seriesKey: 'k' },
      'line 5 ("a") has the time 2, expected a time after 2 of line 4 (--every takes the mean of the rows in each step)',
    ],
    [
      'a gap in one of several series',
      keyed('1,a,0', '1,b,0', '2,a,0', '3,a,0', '3,b,0'),
      { seriesKey: 'k' },
      'line 6 ("b") has the time 3, expected 2 (1 after line 3, as between most rows; --series-gaps',
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
  expect(naiveErrors(sets.train)).toEqual({
    mae: expect.closeTo(15, 9),
    rmse: expect.closeTo(Math.sqrt(250), 9),
    steps: [10, 20].map((error) => ({ mae: expect.closeTo(error, 9), rmse: expect.closeTo(error, 9) })),
  });
  const again = await readTableAs(write(lines), preprocessing);
  const { x, keys } = lastWindows(again, preprocessing);
  expect(keys).toEqual([null]);
  expect(model.predict(x)[0].prediction).toEqual({ 'x+1': expect.closeTo(110, 9), 'x+2': expect.closeTo(110, 9) });
  const gap = write(lines.filter((_, n) => n !== 6));
  await expect(readTableAs(gap, preprocessing)).rejects.toThrow(
    'line 7 has the time 6, expected 5 (1 after line 6, as the',
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

test('interpolated rows lie on a line between known neighbours of their series, words as before', async () => {
  const lines = [
    't,k,x,w,yes',
    '0,a,10,u,no',
    '0,b,1,u,yes',
    '1,b,3,u,yes',
    '2,b,5,u,yes',
    '4,a,30,v,yes',
    '5,a,35,v,no',
  ];
  const table = await read(lines, { seriesKey: 'k', context: 1, seriesGaps: 'interpolate' });
  const column = (name: string) => {
    const found = table.inputs.find((input) => input.name === name)?.data;
    return found?.kind === 'words' ? [...found.indices].map((index) => found.words[index]) : [...(found?.values ?? [])];
  };
  expect(column('x')).toEqual([10, 1, 3, 15, 5, 20, 25, 30, 35]);
  expect(column('w')).toEqual(['u', 'u', 'u', 'u', 'u', 'u', 'u', 'v', 'v']);
  expect(column('yes')).toEqual([0, 1, 1, 0, 1, 0, 0, 1, 0]);
  expect(table.decisions).toContainEqual(
    expect.stringMatching(/^1 gap in time: 3 rows between known ones are interpolated/),
  );
});

test(`with gaps no window and no set tells of later rows (seed ${propertySeed})`, async () => {
  const drawn = fc.record({
    missing: fc.uniqueArray(fc.integer({ min: 1, max: 78 }), { minLength: 1, maxLength: 30 }),
    T: fc.integer({ min: 1, max: 5 }),
    H: fc.integer({ min: 1, max: 2 }),
    seriesGaps: fc.constantFrom('interpolate' as const, 'skip' as const),
    changed: fc.integer({ min: 0, max: 79 }),
  });
  const check = fc.asyncProperty(drawn, async ({ missing, T, H, seriesGaps, changed }) => {
    const times = Array.from({ length: 80 }, (_, t) => t).filter((t) => !missing.includes(t));
    const options = { context: T, horizon: H, seriesGaps, columns: { t2: 'numeric' as const } };
    const setsOf = async (from: number) => {
      const lines = times.map((t) => `${t},${t + 0.5},${t ** 2 + (t >= from ? 1e6 : 0)}`);
      return splitTable(await read(['t,t2,x', ...lines], options), { validation: 0.3 }).sets;
    };
    const [before, after] = [await setsOf(1000), await setsOf(changed)];
    for (const set of ['train', 'validation'] as const) {
      const [a, b] = [before[set], after[set]];
      if (a === undefined || b === undefined) throw new Error('no set');
      const [x, x2] = [inputRows(a, 0, a.rows, 'float64'), inputRows(b, 0, b.rows, 'float64')];
      for (let n = 0; n < a.rows; n++) {
        const window = x.subarray(n * 2 * T, (n + 1) * 2 * T);
        const end = window[2 * T - 2] - 0.5;
        // The last row and the rows to forecast are rows of the file, one step after the other.
        for (let h = 0; h <= H; h++) expect(times).toContain(end + h);
        for (let h = 0; h < H; h++) expect(a.targets.array[n * H + h]).toBe((end + 1 + h) ** 2);
        for (let p = 0; p < T; p++) expect(window[2 * p]).toBeCloseTo(end - T + 1 + p + 0.5, 9);
        if (end < changed) expect(x2.subarray(n * 2 * T, (n + 1) * 2 * T)).toEqual(window);
      }
    }
    // Rows for validation change nothing of the training rows, and the other way round.
    const lastOfTrain = Math.max(
      ...inputRows(before.train, 0, before.train.rows, 'float64').filter((_, i) => i % 2 === 0),
    );
    if (changed > lastOfTrain + H) expect(after.train.inputs.array).toEqual(before.train.inputs.array);
  });
  await fc.assert(check, { seed: propertySeed, numRuns: 40 });
});

test.each<[every: string, times: readonly string[], starts: readonly string[]]>([
  ['1h', ['2024-01-01T10:00', '2024-01-01T10:59', '2024-01-01T11:00'], ['2024-01-01T10:00', '2024-01-01T11:00']],
  ['1d', ['2024-01-02T23:00', '2024-01-01T10:00', '2024-01-01T11:00'], ['2024-01-01', '2024-01-02']],
  ['1w', ['2024-01-01', '2024-01-07', '2024-01-08'], ['2024-01-01', '2024-01-08']],
  ['1mo', ['2023-12-05', '2023-12-31', '2024-01-31'], ['2023-12-01', '2024-01-01']],
  ['3mo', ['2023-10-05', '2023-12-31', '2024-01-31'], ['2023-10-01', '2024-01-01']],
  ['0.5', ['0.5', '0.9', '1.2'], ['0.5', '1']],
])('every %s rows are the means of those in a step', async (every, times, starts) => {
  const rows = times.map((time, n) => `${time},${[1, 4, 9][n]}`);
  const { series, targets } = await read(['t,x', ...rows], { every, context: 1 });
  const time = series?.time.data;
  const expected = starts.map((start) =>
    start.length < 5 ? Number(start) : Date.parse(`${start}${start.length > 10 ? 'Z' : ''}`) / 864e5,
  );
  expect(time?.kind === 'numbers' && [...time.values]).toEqual(expected.map((value) => expect.closeTo(value, 9)));
  // Rows need no order: two of three share a step.
  expect(targets[0].data).toMatchObject({ values: Float64Array.of(...(every === '1d' ? [6.5, 1] : [2.5, 9])) });
});

test('a model keeps how rows become even, and reads new rows so', async () => {
  const at = (minutes: number): string => new Date(Date.UTC(2024, 0, 1) + 6e4 * minutes).toISOString();
  const lines = Array.from({ length: 200 }, (_, n) => n * 20).filter((m) => m < 600 || m >= 720);
  const text = (first: number) => ['t,x', ...lines.slice(first).map((m) => `${at(m)},${m}`)];
  for (const seriesGaps of ['interpolate', 'skip'] as const) {
    const table = await read(text(0), { every: '1h', seriesGaps, context: 3 });
    const { sets, preprocessing } = splitTable(table);
    expect(preprocessing.series).toMatchObject({ means: true, gaps: seriesGaps, step: { unit: 'days' } });
    const again = await readTableAs(write(text(0)), preprocessing);
    const { x } = lastWindows(again, preprocessing);
    const { rows, inputs } = sets.train;
    expect(inputs.columns).toBe(3);
    // The last window of training has the first two of these rows, and its target is the third.
    expect([...x.subarray(0, 2)]).toEqual([...inputRows(sets.train, rows - 1, 1, 'float64').subarray(1)]);
    const short = await readTableAs(write(text(24)), preprocessing);
    if (seriesGaps === 'interpolate') expect(lastWindows(short, preprocessing).x).toEqual(x);
  }
  const refused = await read(text(45), { every: '1h', context: 3 });
  const { preprocessing } = splitTable(refused);
  await expect(readTableAs(write(text(0)), preprocessing)).rejects.toThrow('as the model was trained with)');
});

test('the value one season before is exact where each day is like the one before', async () => {
  const at = (n: number): string => new Date(Date.UTC(2024, 0, 1) + 36e5 * n).toISOString();
  const lines = Array.from({ length: 240 }, (_, n) => `${at(n)},${(n % 24) ** 2}`);
  const { sets } = splitTable(await read(['t,x', ...lines], { context: 30, horizon: 26 }));
  const errors = naiveErrors(sets.train);
  expect(errors?.season).toMatchObject({ name: 'day', mae: expect.closeTo(0, 9) });
  expect(errors?.season?.steps).toHaveLength(26);
  expect(errors?.rmse).toBeGreaterThan(10);
  const { sets: shorter } = splitTable(await read(['t,x', ...lines], { context: 23 }));
  expect(naiveErrors(shorter.train)).not.toHaveProperty('season');
});

test.each<[lines: readonly string[], options: TableOptions, sentence: string]>([
  [['t,x', '0,1', '1,2', '2,3', '4.5,4'], { seriesGaps: 'interpolate' }, 'expected whole steps of 1 after 2 of line 4'],
  // Rows without the target count as missing ones, and keep their place in the file.
  [['t,x', '0,1', '1,', '2,3', '4.5,4'], { seriesGaps: 'interpolate' }, 'line 5 has the time 4.5'],
  [['t,x', '0,1', '1,2', '2,3', '900,4'], { seriesGaps: 'interpolate' }, 'expected gaps of at most 10 times the rows'],
  [['t,x', '0,1', '1,2'], { every: '1h' }, 'every has "1h", expected a number, since "t" has numbers'],
  [days('2024-01-01', '2024-01-02'), { every: '2' }, 'every has "2", expected a step such as 15min'],
  [days('2024-01-01', '2024-01-02'), { every: '1m' }, 'every has "1m", expected a step such as 15min'],
])('of gaps and steps one sentence says what is wrong: %j %j', async (lines, options, sentence) => {
  await expect(read(lines, { context: 1, ...options })).rejects.toThrow(sentence);
});

test('a gap where the sets meet is on neither side', async () => {
  const of = async (later: number) => {
    const times = Array.from({ length: 80 }, (_, t) => t).filter((t) => t < 48 || t > 60);
    const lines = times.map((t) => `${t},${t > 60 ? later : t}`);
    const table = await read(['t,x', ...lines], { context: 2, seriesGaps: 'interpolate', scale: 'standard' });
    return splitTable(table, { validation: 0.3 });
  };
  const [a, b] = [await of(1), await of(1e6)];
  expect(a.rows.train).toEqual(Uint32Array.from({ length: 48 }, (_, n) => n));
  expect(a.rows.validation?.[0]).toBe(61);
  expect(b.preprocessing).toEqual(a.preprocessing);
  expect(b.sets.train.inputs.array).toEqual(a.sets.train.inputs.array);
});
