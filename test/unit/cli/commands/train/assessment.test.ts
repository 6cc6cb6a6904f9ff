import { createRandom } from '@gradloom/core';
import type { Dataset, Evaluation } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import {
  assess,
  linearRemarks,
  rangeOfShare,
} from '../../../../../packages/cli/src/commands/train/assessment/assess.ts';
import { leakingColumn } from '../../../../../packages/cli/src/commands/train/assessment/leaking-column.ts';

const random = createRandom(1, 'leaks');
const number = { type: 'numeric', center: 0, scale: 1, fill: 0, indicator: false } as const;
const numbers = (of: () => number) => new Float64Array(new SharedArrayBuffer(8 * 400)).map(of);

/** 400 rows of noise, of a number that gives away the target, of a word that does, and of gaps. */
function tableOf(target: Float64Array, classes: number | null, names: readonly string[]): Dataset {
  const cells: Record<string, (n: number) => number[]> = {
    noise: () => [random.normal()],
    late: (n) => [3 * target[n] + 0.01 * random.normal()],
    word: (n) => [Number(target[n] === 0), Number(target[n] !== 0)],
    gaps: (n) => [0, Number(target[n] === 0)],
  };
  const encodings: Record<string, object> = {
    word: { type: 'categorical', categories: ['no', 'yes'], missing: false },
    gaps: { ...number, indicator: true },
  };
  const rows = Array.from({ length: 400 }, (_, n) => names.flatMap((name) => cells[name](n)));
  const array = new Float64Array(new SharedArrayBuffer(8 * rows.flat().length));
  array.set(rows.flat());
  return {
    name: 'table',
    rows: 400,
    inputs: { array, columns: rows[0].length, divisor: 1 },
    targets: { array: target, columns: 1, divisor: 1 },
    classes,
    preprocessing: { version: 1, columns: names.map((name) => ({ ...number, ...encodings[name], name })), target: [] },
  } as unknown as Dataset;
}

test('a column is named that answers nearly all rows alone: a number, a word, or its gaps', () => {
  const bits = numbers(() => Number(random.uniform() < 0.2));
  const values = numbers(() => random.normal());
  expect(leakingColumn(tableOf(bits, 2, ['noise', 'late']))).toEqual({ name: 'late', score: 1, otherCount: 0 });
  expect(leakingColumn(tableOf(bits, 2, ['word', 'noise']))).toMatchObject({ name: 'word', score: 1 });
  expect(leakingColumn(tableOf(bits, 2, ['noise', 'gaps', 'word']))).toMatchObject({ score: 1, otherCount: 1 });
  const leak = leakingColumn(tableOf(values, null, ['late', 'noise']));
  expect(leak).toMatchObject({ name: 'late', otherCount: 0 });
  expect(leak?.score).toBeGreaterThan(0.98);
});

test('no column is named where none answers the rows alone, or where it is the only one', () => {
  const bits = numbers(() => Number(random.uniform() < 0.2));
  const values = numbers(() => random.normal());
  expect(leakingColumn(tableOf(bits, 2, ['noise', 'noise']))).toBeNull();
  expect(leakingColumn(tableOf(values, null, ['noise', 'word']))).toBeNull();
  expect(leakingColumn(tableOf(bits, 2, ['late']))).toBeNull();
});

test.each([
  { losses: [0.7, 0.2, 0.1], remark: /^$/ },
  { losses: [0.7], remark: /^$/ },
  { losses: [0.7, 1e-5, 7e-6, 1.5e-5], remark: /^$/ },
  { losses: [0.7, 0.3, 0.2, 0.6], remark: /^the training diverged: its loss rose from 0\.2000 to 0\.6000/ },
  { losses: [0.7, 0.9, 4], remark: /^the training diverged: its loss rose from 0\.7000 to 4\.000/ },
  { losses: [0.7, 0.69, 0.6999], remark: /^the training loss did not fall: 0\.7000 in the first epoch, 0\.6999 in/ },
])('of the losses $losses it is said that they $remark', async ({ losses, remark }) => {
  const recipe = { sets: { train: tableOf(numbers(Math.random), null, ['noise']) }, values: {} };
  const result = { loss: 'mse', epochLosses: Float64Array.from(losses) };
  const { remarks } = await assess(recipe as never, result as never, () => {});
  expect(remarks.join()).toMatch(remark);
});

test('numbers that may stand for gaps are a reason of a weak result alone, and so is another scale than robust', async () => {
  const inputs = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    name,
    type: 'numeric',
    data: { kind: 'numbers', values: Float64Array.of(1, name === 'b' ? 7 : -999, 2) },
  }));
  const remarksFor = async (losses: number[], options: object) => {
    const sets = { train: tableOf(numbers(Math.random), null, ['noise']) };
    const recipe = { sets, values: {}, table: { table: { rows: 3, inputs, targets: [{}], options } } };
    return (await assess(recipe as never, { loss: 'mse', epochLosses: Float64Array.from(losses) } as never, () => {}))
      .remarks;
  };
  const reason = 'numbers far outside of the others in "a", "c", "d" and 1 more may be why';
  const advice = 'empty these cells if they stand for gaps';
  const tried = `${reason}: ${advice}, or try --scale robust`;
  expect(await remarksFor([0.7, 0.9, 4], { scale: 'standard' })).toContain(tried);
  for (const scaling of [{}, { scale: 'robust' }]) {
    expect(await remarksFor([0.7, 0.9, 4], scaling)).toContain(`${reason}: ${advice}`);
  }
  expect(await remarksFor([0.7, 0.3], {})).toEqual([expect.stringContaining('no row was held out')]);
});

test.each<[by: 'accuracy' | 'rmse' | 'weightedLoss', rows: number, own: number, linear: number, remark: string | null]>(
  [
    ['accuracy', 1000, 0.9, 0.91, 'the network is worse than a linear model, by 10 of 1,000 rows'],
    ['accuracy', 1000, 0.9, 0.909, null],
    ['accuracy', 30, 0.9, 1, null], // 3 rows
    ['accuracy', 30, 0.8, 1, 'the network is worse than a linear model, by 6 of 30 rows'],
    ['accuracy', 30, 1, 0.9, null],
    ['rmse', 200, 0.3013, 0.3008, null],
    ['rmse', 200, 0.32, 0.3008, 'the network is worse than a linear model'],
    ['rmse', 200, 0.2, 0.3008, null],
    ['weightedLoss', 100, 0.32, 0.3, null],
    [
      ...(['weightedLoss', 100, 0.34, 0.3] as const),
      'the network is worse than a linear model, by its loss with class weights (0.340; linear 0.300)',
    ],
  ],
)(
  'a linear model is better by %s on %i rows only beyond a standard error: %d and %d',
  (by, rows, networkFigure, linearFigure, remark) => {
    const evaluation = (figure: number) => ({ rows, loss: 1, [by]: figure }) as unknown as Evaluation;
    expect(linearRemarks(evaluation(networkFigure), evaluation(linearFigure), by)).toEqual(
      remark === null ? [] : [remark],
    );
    expect(linearRemarks(evaluation(networkFigure), undefined, by)).toEqual([]);
  },
);

test('the ends of the range of a share are 1.96 of their own standard errors from it', () => {
  for (const [share, rows] of [
    [0.9, 30],
    [0.5, 4],
    [0, 12],
    [1, 7],
  ] as const) {
    for (const end of rangeOfShare(share, rows)) {
      expect(Math.abs(share - end)).toBeCloseTo(1.96 * Math.sqrt(Math.max(0, end * (1 - end)) / rows), 12);
    }
  }
});
