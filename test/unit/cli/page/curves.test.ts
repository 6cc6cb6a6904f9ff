import { expect, test } from 'vitest';
import { chartsOf } from '../../../../packages/cli/src/lab/figures/run-charts.ts';
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
  const names = chartsOf(false).map(({ name }) => name);
  expect(curves(runWith('loss')).map(({ name }) => name)).toEqual(names);
  expect(curves(runWith('RMSE')).map(({ name }) => name)).toEqual(names.filter((name) => name !== 'rmse'));
});
