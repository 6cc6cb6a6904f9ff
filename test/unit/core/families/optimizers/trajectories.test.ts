import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createTrainStep,
  type LossName,
  type OptimizerName,
  optimizers,
  referenceKernels,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { maxRelativeError } from '../../../../support/errors.ts';
import { goldenTrajectories, networkSpec, optimizerSpec } from '../../../../support/golden.ts';

const ROWS = 40;

const cases = goldenTrajectories.map((golden): [string, LossName, typeof golden] => [
  golden.optimizer,
  golden.loss,
  golden,
]);

test('every optimizer has a trajectory', () => {
  const followed = goldenTrajectories.map((golden) => createOptimizer(optimizerSpec(golden)).name);
  expect(new Set(followed)).toEqual(new Set<string>(Object.keys(optimizers) as OptimizerName[]));
});

describe.each(cases)('%s under %s', (_optimizer, lossName, golden) => {
  const network = buildNetwork(networkSpec(golden, ROWS));
  const { batch } = golden;
  const T = golden.t.length / ROWS;
  const train = createTrainStep({
    network,
    loss: createLoss(lossName),
    optimizer: createOptimizer(optimizerSpec(golden)),
    kernels: referenceKernels,
    batch,

    seed: 1,
  });
  train.parameters.set(golden.params);
  const losses = golden.losses.map((_, step) => {
    const row = (step * batch) % ROWS;
    const x = Float64Array.from(golden.x.slice(row * network.inputs, (row + batch) * network.inputs));
    const t = Float64Array.from(golden.t.slice(row * T, (row + batch) * T));
    return train.step(x, t, batch).loss;
  });

  test('has the losses of the trajectory at all 60 steps', () => {
    expect(golden.losses).toHaveLength(60);
    expect(maxRelativeError(losses, golden.losses)).toBeLessThan(1e-12);
  });

  test('ends at its parameters', () => {
    expect(maxRelativeError(train.parameters, golden.finalParams)).toBeLessThan(1e-12);
  });
});
