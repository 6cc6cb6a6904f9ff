import { expect, test } from 'vitest';
import { type ChartLine, chartsOf } from '../../../../packages/cli/src/lab/figures/run-charts.ts';
import { curves } from '../../../../packages/cli/src/report/train/curves.ts';

/** A run that has every figure. */
function runWith(lossName: 'loss' | 'RMSE') {
  const numbers = [1, 2, 3];
  const epochs = numbers.map((epoch) => ({
    event: 'epoch',
    epoch,
    step: epoch,
    trainLoss: 1 / epoch,
    gradientNorm: 1,
    learningRate: 0.1,
    validationLoss: 1 / epoch,
    validationAccuracy: 0.5,
    validationRmse: 1 / epoch,
    validationPerplexity: 2,
  }));
  const spread = { low: 1, mean: 1, high: 1 };
  const steps = numbers.map((step) => ({
    first: step - 1,
    step,
    loss: spread,
    gradientNorm: spread,
    learningRate: spread,
  }));
  return { epochs, steps, lossName, config: { stepsPerEpoch: 1 }, findings: null } as never;
}

test('a report draws the curves of the live page, in its order', () => {
  const names = chartsOf(false, []).map(({ name }) => name);
  expect(curves(runWith('loss')).map(({ name }) => name)).toEqual(names);
  expect(curves(runWith('RMSE')).map(({ name }) => name)).toEqual(names.filter((name) => name !== 'rmse'));
});

test('each of several targets has a chart of its accuracy or RMSE, after that of the loss', () => {
  const lineOf = (k: number) => ({
    event: 'epoch',
    epoch: k,
    step: k,
    trainLoss: 1 / k,
    gradientNorm: 1,
    learningRate: 0.1,
    validationLoss: 1 / k,
    validationTargets: { 'a b': { loss: 1, rmse: 10 * k, accuracy: Number.NaN }, kind: { loss: 1, accuracy: k / 10 } },
  });
  const epochs = [1, 2, 3].map(lineOf) as never as readonly ChartLine[];
  const charts = chartsOf(false, epochs);
  expect(charts.slice(0, 4).map(({ name, label }) => [name, label])).toEqual([
    ['loss', 'loss'],
    ['rmse-1-a-b', 'RMSE of a b'],
    ['accuracy-2-kind', 'accuracy of kind'],
    ['accuracy', 'accuracy'],
  ]);
  expect(epochs.map((line) => charts[1].validation?.(line))).toEqual([10, 20, 30]);
  const run = { epochs, steps: [], lossName: 'loss', config: { stepsPerEpoch: 1 }, findings: null } as never;
  expect(curves(run).map(({ title }) => title)).toEqual(
    expect.arrayContaining([
      'Validation RMSE of a b is lowest after 1 epoch: 10.00',
      'Validation accuracy of kind is highest after 3 epochs: 30.00 %',
    ]),
  );
});
