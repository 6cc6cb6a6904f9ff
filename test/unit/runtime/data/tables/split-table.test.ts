import { createEncoder, createRandom, type LayerSpec, type NumberEncoding } from '@gradloom/core';
import { createSpread, ofTable } from '@gradloom/core/internal';
import {
  createModel,
  type Dataset,
  datasetFromRows,
  dense,
  encodeTable,
  fitPreprocessing,
  readTable,
  relu,
  type SplitRows,
  sequential,
  splitDataset,
  splitTable,
  summarizeTable,
  type TableOptions,
  train,
} from '@gradloom/runtime';
import { timeInOrder } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { isSameRun, type RunIdentity } from '../../../../../packages/runtime/src/training/checkpoints/same-run.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(3, 'table');
const N = 200;

/** Gaps, categories, booleans, dates and numbers of different sizes. */
const rows = Array.from({ length: N }, (_, n) => {
  const age = random.uniform() < 0.1 ? '' : String(20 + Math.floor(60 * random.uniform()));
  const income = String(1e4 * random.normal());
  const city = random.uniform() < 0.1 ? 'NA' : ['Bonn', 'Köln', 'Trier'][Math.floor(3 * random.uniform())];
  const member = random.uniform() < 0.5 ? 'yes' : 'no';
  const since = `20${10 + (n % 10)}-0${1 + (n % 9)}-11`;
  return [
    age,
    income,
    city,
    member,
    since,
    random.uniform() < 0.3 ? 'left' : 'stays',
    String(100 + 7 * random.normal()),
  ];
});
const names = ['age', 'income', 'city', 'member', 'since', 'kind', 'price'];

/** Writes rows, reads them, and forgets the file's name. */
const tableOf = (lines: readonly (readonly string[])[], options: TableOptions) =>
  readTable(folder.write('t.csv', [names, ...lines].map((line) => line.join(',')).join('\n')), options);

const kind: TableOptions = { target: 'kind', drop: ['price'] };
const price: TableOptions = { target: 'price', drop: ['kind'] };
const all = Uint32Array.from({ length: N }, (_, n) => n);

const inputsOf = ({ inputs }: Dataset) => Float64Array.from(inputs.array);

test('the rows of a split are those of splitDataset with the same classes', async () => {
  const table = await tableOf(rows, kind);
  const share = { validation: 0.1, test: 0.2, seed: 5 };
  const { sets } = splitTable(table, share);
  const labels = rows.map((row) => row[5]);
  const plain = datasetFromRows({
    inputs: rows.map((_, n) => [n]),
    targets: labels.map((l) => (l === 'left' ? 0 : 1)),
    classes: 2,
  });
  const expected = splitDataset(plain, share);
  for (const set of ['train', 'validation', 'test'] as const) {
    const expectedInputs = [...(expected[set]?.inputs.array ?? [])];
    const prepared = splitTable(table, share).rows[set] ?? [];
    expect([...prepared]).toEqual(expectedInputs);
    expect(sets[set]?.rows).toBe(expectedInputs.length);
  }
});

describe('rows are held out by a column', () => {
  const day = (n: number) => new Date(Date.UTC(2024, 0, 1 + ((n * 37) % 150))).toISOString().slice(0, 10);
  const lines = Array.from({ length: 300 }, (_, n) => [
    day(n),
    `p${(n * n) % 41}`,
    String(n / 2),
    n % 3 ? 'yes' : 'no',
  ]);
  const read = (split: string, options: TableOptions = {}) =>
    readTable(folder.write('s.csv', ['day,person,x,t', ...lines.map((line) => line.join(','))].join('\n')), {
      split,
      ...options,
    });
  const shares = { validation: 0.2, test: 0.1 };
  const values = (sets: SplitRows, column: number) =>
    Object.fromEntries(
      Object.entries(sets).map(([set, rowsOfSet]) => [set, [...rowsOfSet].map((n) => lines[n][column]).sort()]),
    );

  test('by time the last rows are the test, and those before are for validation; a dropped time tells it too', async () => {
    for (const options of [{}, { drop: ['day'] }, { stream: true }, { columns: { day: 'date' } }] as TableOptions[]) {
      const { rows: sets } = splitTable(await read('time:day', options), shares);
      const { train, validation, test } = values(sets, 0);
      expect(train[train.length - 1] < validation[0] && validation[validation.length - 1] < test[0]).toBe(true);
      expect(sets.train.length + validation.length + test.length).toBe(300);
      for (const [set, share] of [
        [test, 30],
        [validation, 60],
      ] as const)
        expect(set.length - share).toBeLessThan(4);
    }
  });

  test('folds by time are trained on what lies before them, and end with the last rows', async () => {
    const table = await read('time:day');
    const folds = [1, 2, 3].map((fold) => values(splitTable(table, { folds: 3, fold, validation: 0.1 }).rows, 0));
    for (const { train, validation, test } of folds) {
      expect(train[train.length - 1] < validation[0] && validation[validation.length - 1] < test[0]).toBe(true);
    }
    for (const f of [1, 2]) expect(String(folds[f - 1].test.at(-1)) < folds[f].test[0]).toBe(true);
    expect(folds[2].test.at(-1)).toBe(
      lines
        .map(([first]) => first)
        .sort()
        .at(-1),
    );
  });

  test('by group, no group is in two sets, and it is no input', async () => {
    const table = await read('group:person');
    expect(table.inputs.map(({ name }) => name)).toEqual(['day', 'x']);
    const { train, validation, test } = values(splitTable(table, shares).rows, 1);
    const groups = [train, validation, test].map((setRows) => new Set(setRows));
    expect(new Set([...train, ...validation, ...test]).size).toBe(groups[0].size + groups[1].size + groups[2].size);
    expect([Math.abs(test.length - 30) < 15, Math.abs(validation.length - 60) < 15]).toEqual([true, true]);
    const folds = [1, 2, 3, 4].map((fold) => splitTable(table, { folds: 4, fold }).rows.test ?? []);
    expect(folds.flatMap((fold) => [...fold]).sort((a, b) => a - b)).toEqual(lines.map((_, n) => n));
    for (const fold of folds) expect(Math.abs(fold.length - 75)).toBeLessThan(15);
  });

  test.each<[string, (n: number) => string, boolean]>([
    ['timestamp', (n) => String(1.7e9 + 60 * n), true],
    ['createdAt', (n) => String(1.7e12 - 60_000 * n), true],
    ['year', (n) => String(1900 + n), true],
    ['month', (n) => String(202_401 + Math.floor(n / 30)), true],
    ['time (s)', (n) => (n / 10).toFixed(1), true],
    ['day', (n) => day(n), false],
    ['minutes', (n) => (n / 10).toFixed(1), false],
    ['week', (n) => String((n * 7) % 30), false],
  ])('the times %s are an input, and their order is noticed', async (name, cell, isInOrder) => {
    const text = Array.from({ length: 120 }, (_, n) => `a${n % 3},${cell(n)},${n % 2 ? 'yes' : 'no'}`);
    const path = folder.write('o.csv', [`x,${name},t`, ...text].join('\n'));
    const table = await readTable(path, { split: `time:${name}` });
    expect(table.inputs.map((column) => column.name)).toEqual(['x', name]);
    expect(timeInOrder(table)).toBe(isInOrder ? name : undefined);
    const { train, test: last = [] } = splitTable(table, { test: 0.1 }).rows;
    const [times] = table.inputs.flatMap(({ data }) => (data.kind === 'numbers' ? [data.values] : []));
    expect(Math.max(...Array.from(train, (n) => times[n]))).toBeLessThan(
      Math.min(...Array.from(last, (n) => times[n])),
    );
  });

  test.each([
    ['time:city', 'split has "city", expected one of "day", "person", "x", "t" (1 to 4)'],
    ['time:t', 'split has "time:t", which is the target, expected a column of dates or numbers without gaps'],
    ['time:person', 'split has "time:person", which is a column of words, expected a column of dates or numbers'],
    ['last', 'split has "last", expected random, time:<column> or group:<column>'],
  ])('%s is refused', async (split, sentence) => {
    await expect(read(split)).rejects.toThrow(sentence);
  });
});

test('the encoding of a set is that of its rows one by one, from the texts of the file, bit by bit', async () => {
  for (const options of [kind, price]) {
    const table = await tableOf(rows, options);
    const { sets, preprocessing, rows: dealt } = splitTable(table, { test: 0.25 });
    const encoder = createEncoder(preprocessing);
    for (const set of ['train', 'test'] as const) {
      const expected = [...(dealt[set] ?? [])].flatMap((n) => {
        const x = new Float64Array(encoder.width);
        encoder.encode(rows[n].slice(0, 5), x, 0);
        return [...x];
      });
      const dataset = sets[set];
      if (dataset === undefined) expect.unreachable();
      expect(firstDifference(inputsOf(dataset), Float64Array.from(expected))).toBeNull();
      expect(dataset.preprocessing).toBe(preprocessing);
    }
  }
});

describe('a fit', () => {
  test('changes with training rows alone', async () => {
    const table = await tableOf(rows, price);
    const { rows: dealt } = splitTable(table, { test: 0.25 });
    const held = new Set(dealt.test);
    const other = rows.map((row, n) =>
      held.has(n) ? ['1e6', '-1e9', 'Nowhere', 'no', '1999-01-01', 'left', '1e5'] : row,
    );
    const changed = await tableOf(other, price);
    expect(fitPreprocessing(changed, dealt.train)).toEqual(fitPreprocessing(table, dealt.train));
    const again = rows.map((row, n) => (n === dealt.train[0] ? [...row.slice(0, 1), '1e9', ...row.slice(2)] : row));
    expect(fitPreprocessing(await tableOf(again, price), dealt.train)).not.toEqual(
      fitPreprocessing(table, dealt.train),
    );
  });

  const ages = rows.flatMap(([age]) => (age === '' ? [] : [Number(age)]));
  const sorted = ages.toSorted((a, b) => a - b);
  const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
  const deviation = Math.sqrt(ages.reduce((sum, age) => sum + (age - mean) ** 2, 0) / ages.length);
  /** As NumPy's percentile: between the two values around the place. */
  const quantile = (q: number) => {
    const at = q * (sorted.length - 1);
    return sorted[Math.floor(at)] + (at % 1) * (sorted[Math.ceil(at)] - sorted[Math.floor(at)]);
  };
  test.each([
    ['standard', mean, deviation],
    ['minmax', sorted[0], sorted[sorted.length - 1] - sorted[0]],
    ['robust', quantile(0.5), quantile(0.75) - quantile(0.25)],
    ['none', 0, 1],
  ] as const)('by %s is center and scale of the values that are there', async (scale, center, size) => {
    const [age, , city, member] = fitPreprocessing(await tableOf(rows, { ...kind, scale, ramps: false }), all).columns;
    expect(age).toEqual({
      name: 'age',
      type: 'numeric',
      fill: quantile(0.5),
      indicator: true,
      center: expect.closeTo(center, 10),
      scale: expect.closeTo(size, 10),
      range: [sorted[0], sorted[sorted.length - 1]],
    });
    expect(city).toEqual({ name: 'city', type: 'categorical', categories: ['Bonn', 'Köln', 'Trier'], missing: true });
    expect(member).toMatchObject({ type: 'boolean', indicator: false });
  });

  test('gives gaps an input of their own where ten training rows have one', async () => {
    const withGaps = (gaps: number) =>
      Array.from({ length: 40 }, (_, n) => [
        n < gaps ? '' : String(n % 7),
        String(n / 3),
        n < gaps ? '' : ['Bonn', 'Trier'][n % 2],
        ...['yes', '2020-01-01', n % 2 === 0 ? 'left' : 'stays', '1'],
      ]);
    for (const [gaps, sentence, isFilled] of [
      [0, false, false],
      [9, false, true],
      [10, true, false],
    ] as const) {
      const { columns } = fitPreprocessing(await tableOf(withGaps(gaps), kind), all.subarray(0, 40));
      expect([columns[0], columns[2]].map((column) => 'gaps' in column)).toEqual([isFilled, isFilled]);
      expect(columns[0]).toMatchObject({ name: 'age', fill: expect.any(Number), indicator: sentence });
      expect(columns[2]).toMatchObject({ name: 'city', missing: sentence });
    }
  });

  test('standardises values of a target, which answers give back', async () => {
    const table = await tableOf(rows, price);
    const [target] = fitPreprocessing(table, all).target;
    if (target.type !== 'values') expect.unreachable();
    const dataset = encodeTable(table, fitPreprocessing(table, all), all);
    const t = [...dataset.targets.array];
    expect(t.reduce((sum, value) => sum + value, 0) / N).toBeCloseTo(0, 10);
    expect(t.reduce((sum, value) => sum + value * value, 0) / N).toBeCloseTo(1, 10);
    for (const [n, value] of t.entries())
      expect(value * target.scale + target.center).toBeCloseTo(Number(rows[n][6]), 9);
  });
});

describe('a column whose numbers are equal in the training rows', () => {
  const read = (cell: (n: number) => unknown, options: TableOptions = {}) => {
    const lines = Array.from({ length: 60 }, (_, n) => `${n / 7},${cell(n)},${n < 40 ? 0.3 : n},${1000 * (n / 7)}`);
    const text = ['size,tax,local,price', ...lines].join('\n');
    return readTable(folder.write('equal.csv', text), { targets: 'values', ...options });
  };
  const some = all.subarray(0, 40);

  test.each([
    ['0.19', (_: number) => 0.19, 0.19],
    ['-1/3e-200', (_: number) => -1 / 3e-200, -1 / 3e-200],
    ['1e300 / 3', (_: number) => 1e300 / 3, 1e300 / 3],
    ['the largest double', (_: number) => Number.MAX_VALUE, Number.MAX_VALUE],
    ['the least double', (_: number) => Number.MIN_VALUE, Number.MIN_VALUE],
    ['a time of day', (_: number) => '2024-05-17T13:37:11', 19860 + (13 * 3600 + 37 * 60 + 11) / 86400],
    ['yes', (_: number) => 'yes', 1],
    ['0.3 or 0.1 + 0.2', (n: number) => (n % 2 === 0 ? 0.3 : 0.1 + 0.2), undefined],
    ['1 %, computed from gross and net', (n: number) => (1.01 * (17.3 + n)) / (17.3 + n) - 1, undefined],
  ])('has a scale of 1, whatever --scale says: %s', async (_title, cell, center) => {
    for (const scale of ['standard', 'minmax', 'robust'] as const) {
      const { columns } = fitPreprocessing(await read(cell, { scale }), some);
      expect(columns[1]).toMatchObject({ name: 'tax', scale: 1, ...(center === undefined ? {} : { center }) });
      expect(columns[2]).toMatchObject({ name: 'local', scale: 1, center: 0.3 });
    }
    const { target } = fitPreprocessing(await read(cell, { target: ['local', 'price'] }), some);
    expect(target).toMatchObject([{ name: 'local', scale: 1, center: 0.3 }, { name: 'price' }]);
  });

  test('does not move answers for a number close to theirs', async () => {
    const { sets } = splitTable(await read(() => 0.19, { drop: ['local'], ramps: false }));
    const layers: LayerSpec[] = [{ kind: 'dense', out: 1 }];
    const result = await train({ input: 2, layers }, sets, { steps: 20, threads: 1, loss: 'mse' });
    const answers = createModel(result).predict([0.19, 0.2].map((tax) => ({ size: 4, tax })));
    const [known, near] = answers.map(({ prediction }) => Number(prediction));
    expect(Math.abs(near - known)).toBeLessThan(100);
  });

  test('is no column of close but different numbers', async () => {
    const close = (n: number) => 1e8 + 5e-6 * Math.sin(n);
    const spread = createSpread();
    for (const n of some) spread.add(close(n));
    const [, tax] = fitPreprocessing(await read(close), some).columns;
    expect(tax).toMatchObject({ center: spread.mean(), scale: spread.deviation() });
  });
});

test('the bounds of ramps are quantiles of the training rows, of which zeros are an eighth at most', async () => {
  const skewed = (n: number): number => (n % 5 === 0 ? 1 + n / 10 : 0);
  const lines = (poison: number) =>
    rows.map((row, n) => [row[0], String(n < 150 ? skewed(n) : poison), ...row.slice(2)]);
  const some = all.subarray(0, 150);
  const preprocessingOf = async (poison: number, options: TableOptions = {}) =>
    fitPreprocessing(await tableOf(lines(poison), { ...price, ...options }), some);
  const fitted = await preprocessingOf(0);
  expect(fitted.columns).toEqual((await preprocessingOf(1e9)).columns);
  const [age, income, , member] = fitted.columns;
  if (!('ramps' in age && 'ramps' in income)) expect.unreachable();
  expect(age.ramps?.length).toBe(9);
  expect([age.ramps?.at(0), age.ramps?.at(-1)]).toEqual(age.range);
  const { ramps = [] } = income;
  expect([ramps[0], ramps.at(-1)]).toEqual(income.range);
  expect(ramps.length).toBe(6); // of 120 zeros and 30 other numbers
  expect(member).not.toHaveProperty('ramps');
  for (const column of (await preprocessingOf(0, { ramps: false })).columns) expect(column).not.toHaveProperty('ramps');
  expect(summarizeTable(await tableOf(lines(0), price), fitted)[1].becomes).toContain(`${ramps.length - 1} ramps`);
});

test('there are no ramps with more columns than training rows', async () => {
  const table = await tableOf(rows, { ...price, drop: ['kind', 'city', 'member'] });
  for (const [count, has] of [
    [3, true],
    [2, false],
  ] as const) {
    const [age] = fitPreprocessing(table, Uint32Array.of(1, 42, 108).subarray(0, count)).columns;
    expect('ramps' in age).toBe(has);
  }
});

test('rows that are their own targets have no ramps', async () => {
  const lines = rows.map((_, n) => [(7 * n) % 17, (n * n) % 101, 1 / (n + 1)].join(','));
  const path = folder.write('numbers.csv', ['a,b,c', ...lines].join('\n'));
  const { columns } = fitPreprocessing(await readTable(path, { targets: 'inputs' }), all);
  expect(columns.map((column) => 'ramps' in column)).toEqual([false, false, false]);
});

describe('numbers near the largest double', () => {
  const read = (a: number, options: TableOptions = {}) => {
    const lines = Array.from({ length: 30 }, (_, n) => `${n % 3 === 0 ? -a : a * (1 - n / 1000)},${n / 7}`);
    return readTable(folder.write('large.csv', ['a,b', ...lines].join('\n')), { targets: 'values', ...options });
  };
  const fitted = async (a: number, options?: TableOptions) =>
    fitPreprocessing(await read(a, options), all.subarray(0, 30));

  test.each(['standard', 'minmax', 'robust'] as const)('are scaled as smaller ones, by %s', async (scale) => {
    const [one] = (await fitted(1, { scale })).columns;
    const [far] = (await fitted(2 ** 1000, { scale })).columns;
    if (one.type !== 'numeric' || far.type !== 'numeric') expect.unreachable();
    for (const of of ['center', 'scale', 'fill'] as const) {
      expect(Number(far[of]) / 2 ** 1000).toBeCloseTo(Number(one[of]), 14);
    }
  });

  test('whose distance has no double are refused where it is asked for, and have a finite median', async () => {
    const { columns } = await fitted(1.7e308, { scale: 'standard' });
    expect(columns[0]).toMatchObject({
      fill: expect.toSatisfy(Number.isFinite),
      scale: expect.toSatisfy(Number.isFinite),
    });
    for (const scale of ['minmax', 'robust'] as const) {
      await expect(fitted(1.7e308, { scale })).rejects.toThrow(
        /: column "a" has numbers that are further apart than the largest double, expected closer ones$/,
      );
    }
  });

  test.each([1e200, 1e-200])('as a target, whose losses have no double, are refused: %d', async (a) => {
    await expect(fitted(a, { target: 'a' })).rejects.toThrow(
      /: target "a" has values with a deviation of \S+, expected one from 1e-150 to 1e\+150, since losses are in units/,
    );
  });
});

test('training on a table is training on the arrays that a plain script prepares, to the same bits', async () => {
  const table = await tableOf(rows, kind);
  const { sets } = splitTable(table, { validation: 0.2 });
  const { width } = createEncoder(ofTable(sets.train.preprocessing) ?? expect.unreachable());
  const plain = datasetFromRows({
    inputs: Array.from({ length: sets.train.rows }, (_, n) => [
      ...inputsOf(sets.train).slice(n * width, (n + 1) * width),
    ]),
    targets: [...sets.train.targets.array],
    classes: 2,
  });
  const spec = sequential(width, dense(5), relu(), dense(2));
  const options = { epochs: 3, batch: 32, seed: 1, threads: 1 };
  const trained = await train(spec, sets, options);
  const other = await train(spec, { train: plain }, options);
  expect(trained.fingerprint).toBe(other.fingerprint);
  expect(trained.preprocessing).toEqual(sets.train.preprocessing);
});

test('of more categories than inputs the most frequent have one, and the rest and unknown ones are zeros', async () => {
  // c0 twice, c1 four times, c2 six times and so on; 130 words, of which 30 have no input.
  const words = Array.from({ length: 130 }, (_, k) => Array.from({ length: 2 * (k + 1) }, () => `c${k}`)).flat();
  const lines = words.map((word, n) => ['', String(n / 2), word, 'no', '', 'left', '1']);
  const table = await tableOf(lines, { target: 'kind', ramps: false, drop: ['age', 'member', 'since', 'price'] });
  const { sets, preprocessing, notes } = splitTable(table, { test: 0.1 });
  const [, city] = preprocessing.columns;
  const frequent = Array.from({ length: 100 }, (_, k) => `c${k + 30}`).sort();
  // c0 has two rows, which may both be test rows.
  const rare = Array.from({ length: 30 }, (_, k) => `c${k}`).sort();
  expect(city).toEqual({ name: 'city', type: 'categorical', categories: frequent, missing: false, others: rare });
  expect(summarizeTable(table, preprocessing)[1].becomes).toBe('100 inputs for the most frequent, 0 for others');
  expect(notes).toEqual([]);
  const messages: unknown[] = [];
  const encoder = createEncoder(preprocessing, (note) => messages.push(note));
  const x = new Float64Array(encoder.width);
  for (const [word, sum] of [
    ['c129', 1],
    ['c5', 0],
    ['Ulm', 0],
    ['', 0],
  ] as const) {
    encoder.encode({ income: 1, city: word }, x, 0);
    expect(x.slice(1).reduce((a, b) => a + b, 0)).toBe(sum);
  }
  expect(messages).toEqual([
    { column: 'city', value: 'Ulm' },
    { column: 'city', value: null },
  ]);
  const first = sets.train.inputs.array.slice(1, encoder.width);
  expect([...first]).toEqual(Array.from({ length: 100 }, () => 0));
  const few = await tableOf(lines, { ...table.options, oneHotLimit: 3 });
  expect(splitTable(few).preprocessing.columns[1]).toMatchObject({
    categories: ['c127', 'c128', 'c129'],
    others: expect.arrayContaining(['c5', 'c126']),
  });
});

test('the rarer categories are listed as far as a model file has room for them', async () => {
  const lines = Array.from({ length: 116_000 }, (_, n) => `w${n},${n}`);
  const path = folder.write('many.csv', ['word,size', ...lines].join('\n'));
  const table = await readTable(path, { target: 'size', columns: { word: 'categorical' } });
  const othersOf = (count: number) =>
    fitPreprocessing(
      table,
      Uint32Array.from({ length: count }, (_, n) => n),
    ).columns[0];
  expect(othersOf(300)).toMatchObject({ others: expect.arrayContaining(['w299']) });
  expect(othersOf(116_000)).toMatchObject({ others: true });
});

test('a checkpoint that does not list the rarer categories is of the same run, and one without any is not', async () => {
  const preprocessing = fitPreprocessing(await tableOf(rows, { ...kind, oneHotLimit: 1 }), all);
  const runOf = (others: boolean | readonly string[] | undefined) => {
    const columns = preprocessing.columns.map((it) => (it.type === 'categorical' ? { ...it, others } : it));
    const record = { backend: { name: 'wasm' } };
    return { spec: { input: 1, layers: [] }, loss: 'mse', record, preprocessing: { ...preprocessing, columns } };
  };
  const [listed, older, none] = [['Köln'], true, undefined].map((one) => runOf(one) as unknown as RunIdentity);
  expect(isSameRun(listed, older)).toBe(true);
  expect(isSameRun(listed, none)).toBe(false);
});

test('a category that only other sets have is zeros there, and is said', async () => {
  const table = await tableOf(rows, kind);
  const { rows: dealt } = splitTable(table, { test: 0.25 });
  const [first] = dealt.test ?? [];
  const other = rows.map((row, n) => (n === first ? [...row.slice(0, 2), 'Ulm', ...row.slice(3)] : row));
  const { notes, sets } = splitTable(await tableOf(other, kind), { test: 0.25 });
  expect(notes).toEqual([
    'the test rows have a category of column "city" that no training row has: "Ulm" (all of its inputs are 0 there)',
  ]);
  const width = sets.train.inputs.columns;
  const row = [...inputsOf(sets.test ?? expect.unreachable())].slice(0, width);
  const { names: inputs } = createEncoder(ofTable(sets.train.preprocessing) ?? expect.unreachable());
  expect(row.filter((_, i) => inputs[i].startsWith('city'))).toEqual([0, 0, 0]);
});

describe('the parts of dates that are inputs', () => {
  const hours = (n: number) => `2024-03-0${1 + (n % 9)}T0${n % 7}:00:00Z`;
  test.each([
    ['differ from row to row', hours, ['hour', 'weekday']],
    ['have a period over which the rows extend', (n: number) => `2024-03-0${1 + (n % 4)}T0${n % 7}:00:00Z`, ['hour']],
    ['are none of days of less than a week', (n: number) => `2024-03-0${1 + (n % 4)}`, undefined],
    [
      'are the month of dates of more than a year',
      (n: number) => `20${10 + n}-${10 + (n % 3)}-01`,
      ['weekday', 'month'],
    ],
    ['are no month of the same day of each year', (n: number) => `20${10 + n}-07-01`, ['weekday']],
    ['are the hour of a time of day alone', (n: number) => `0${n % 7}:30`, ['hour']],
  ])('%s', async (_title, cell, parts) => {
    const lines = Array.from({ length: 20 }, (_, n) => `${n ** 1.5},${cell(n)},${n}.5`);
    const table = await readTable(folder.write('dates.csv', ['x,at,y', ...lines].join('\n')));
    expect(fitPreprocessing(table, all.subarray(0, 20)).columns[1]).toHaveProperty('type', 'date');
    expect((fitPreprocessing(table, all.subarray(0, 20)).columns[1] as NumberEncoding).parts).toEqual(parts);
  });
});
