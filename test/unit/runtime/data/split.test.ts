import { datasetFromRows, splitDataset } from '@gradloom/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dataset } from '../../../../packages/runtime/src/data/dataset.ts';
import { propertySeed } from '../../../support/seed.ts';

/** N rows whose one input is their place in the file. */
const numbered = (classOf: readonly number[], classes?: number): Dataset =>
  datasetFromRows({
    inputs: classOf.map((_, n) => [n]),
    targets: classOf,
    ...(classes === undefined ? {} : { classes }),
  });

const rowsIn = (dataset: Dataset | undefined): number[] => [...(dataset?.inputs.array ?? [])];

const cases = fc.record({
  classOf: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 60 }),
  validation: fc.constantFrom(0, 0.1, 0.25, 0.4),
  test: fc.constantFrom(0, 0.1, 0.25, 0.4),
  seed: fc.nat(),
  stratify: fc.boolean(),
});

test('lengths and weights go with their rows', () => {
  const rows = [0, 1, 2, 3, 4, 5, 6, 7];
  const sequences = { inputs: rows.map((n) => [n, n, n]), targets: rows, weights: rows };
  const { train, test } = splitDataset(datasetFromRows({ ...sequences, lengths: rows.map((n) => 1 + (n % 3)) }), {
    test: 0.5,
  });
  for (const part of [train, test]) {
    const targets = [...(part?.targets.array ?? [])];
    expect([...(part?.weights?.array ?? [])]).toEqual(targets);
    expect([...(part?.lengths?.array ?? [])]).toEqual(targets.map((n) => 1 + (n % 3)));
  }
});

test('every row lands in one part, parts have their share, and each keeps the order of the file', () => {
  fc.assert(
    fc.property(cases, ({ classOf, ...options }) => {
      const { train, validation, test: held } = splitDataset(numbered(classOf, 4), options);
      const parts = [train, validation, held];
      expect(parts.flatMap(rowsIn).sort((a, b) => a - b)).toEqual(classOf.map((_, n) => n));
      expect(rowsIn(validation).length).toBe(Math.round(options.validation * classOf.length));
      expect(rowsIn(held).length).toBe(Math.round(options.test * classOf.length));
      for (const part of parts) {
        const rows = rowsIn(part);
        expect(rows).toEqual(rows.toSorted((a, b) => a - b));
        expect([...(part?.targets.array ?? [])]).toEqual(rows.map((n) => classOf[n]));
        if (part !== undefined) expect(part).toMatchObject({ rows: rows.length, classes: 4 });
      }
    }),
    { seed: propertySeed },
  );
});

test('with classes, each part has each class in proportion, to a row in the test and two in the validation', () => {
  fc.assert(
    fc.property(cases, ({ classOf, validation, test: held, seed }) => {
      const splits = splitDataset(numbered(classOf, 4), { validation, test: held, seed });
      for (let c = 0; c < 4; c++) {
        const share = classOf.filter((label) => label === c).length / classOf.length;
        for (const [part, slack] of [
          [splits.test, 1],
          [splits.validation, 2],
        ] as const) {
          if (part === undefined) continue;
          const count = [...part.targets.array].filter((label) => label === c).length;
          expect(Math.abs(count - share * part.rows)).toBeLessThanOrEqual(slack);
        }
      }
    }),
    { seed: propertySeed },
  );
});

test('a seed always gives the same parts, and another seed others', () => {
  const dataset = numbered(Array.from({ length: 100 }, (_, n) => n % 5));
  const held = (seed: number) => rowsIn(splitDataset(dataset, { test: 0.3, seed }).test);
  expect(held(1)).toEqual(held(1));
  expect(held(1)).not.toEqual(held(2));
});

test('every row has the same chance to be held out', () => {
  const dataset = numbered([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 2);
  const count = new Array(10).fill(0);
  for (let seed = 0; seed < 2000; seed++)
    for (const n of rowsIn(splitDataset(dataset, { test: 0.2, seed }).test)) count[n]++;
  // 2,000 draws of chance 0.2 have the standard deviation 17.9; five of them.
  for (const times of count) expect(Math.abs(times - 400)).toBeLessThan(90);
});

test('the type of the numbers and the divisor stay, and the memory is shared', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(8));
  const dataset = { ...numbered([0, 1, 2, 3]), inputs: { array: bytes, columns: 2, divisor: 255 } };
  const { train } = splitDataset(dataset, { test: 0.5 });
  expect(train.inputs).toMatchObject({ columns: 2, divisor: 255 });
  expect(train.inputs.array).toBeInstanceOf(Uint8Array);
  expect(train.inputs.array.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test.each([
  ['validation has 1, expected a number from 0 to below 1', { validation: 1 }],
  ['test has -0.1, expected a number from 0 to below 1', { test: -0.1 }],
  ['test has 0 rows (0.01 of 10), expected at least 1', { test: 0.01 }],
  [
    'validation and test have 10 of the 10 rows of rows, expected fewer (training needs rows too)',
    { validation: 0.5, test: 0.5 },
  ],
])('an impossible split is refused: %s', (sentence, options) => {
  expect(() => splitDataset(numbered([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]), options)).toThrow(`splitDataset: ${sentence}`);
});

const folded = fc
  .record({
    classOf: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 60 }),
    test: fc.constantFrom(0, 0.25),
    validation: fc.constantFrom(0, 0.2),
    folds: fc.integer({ min: 2, max: 5 }),
    seed: fc.nat(),
    stratify: fc.boolean(),
  })
  .map(({ classOf, folds, ...options }) => {
    const parts = Array.from({ length: folds }, (_, k) =>
      splitDataset(numbered(classOf, 4), { ...options, folds, fold: k + 1 }),
    );
    return { classOf, folds, options, parts };
  });

test('each row that the test share leaves is in the test set of one fold, and in no other set of that fold', () => {
  fc.assert(
    fc.property(folded, ({ classOf, folds, options, parts }) => {
      const aside = rowsIn(splitDataset(numbered(classOf, 4), { ...options, validation: 0 }).test);
      const dealt = classOf.map((_, n) => n).filter((n) => !aside.includes(n));
      expect(parts.flatMap(({ test: held }) => rowsIn(held)).sort((a, b) => a - b)).toEqual(dealt);
      for (const { train, validation, test: held } of parts) {
        const all = [train, validation, held].flatMap(rowsIn).sort((a, b) => a - b);
        expect(all).toEqual(dealt);
        expect(Math.abs((held?.rows ?? 0) - dealt.length / folds)).toBeLessThan(1);
      }
    }),
    { seed: propertySeed },
  );
});

test('with classes, each fold has each class in proportion, to a row', () => {
  fc.assert(
    fc.property(folded, ({ folds, options, parts }) => {
      if (!options.stratify) return;
      for (let c = 0; c < 4; c++) {
        const counts = parts.map(({ test: held }) => [...(held?.targets.array ?? [])].filter((l) => l === c).length);
        const mean = counts.reduce((a, b) => a + b, 0) / folds;
        for (const count of counts) expect(Math.abs(count - mean)).toBeLessThanOrEqual(1);
      }
    }),
    { seed: propertySeed },
  );
});

test.each([
  [{ folds: 1 }, 'folds has 1, expected a whole number from 2 to 10 (the rows to deal out)'],
  [{ folds: 11 }, 'folds has 11, expected a whole number from 2 to 10 (the rows to deal out)'],
  [{ test: 0.2, folds: 9 }, 'folds has 9, expected a whole number from 2 to 8 (the rows to deal out)'],
  [{ folds: 3, fold: 4 }, 'fold has 4, expected a whole number from 1 to 3'],
  [{ fold: 2 }, 'fold has 2, expected none without folds'],
  [{ folds: 2, validation: 0.5 }, 'validation has 5 rows, expected fewer than the 5 of the rows that the folds leave'],
])('folds %j are refused', (options, sentence) => {
  const dataset = { ...numbered([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]), name: 'the rows' };
  expect(() => splitDataset(dataset, options)).toThrow(`splitDataset: ${sentence}`);
});
