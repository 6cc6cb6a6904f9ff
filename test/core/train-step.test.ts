import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  type NetworkSpec,
  referenceKernels,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { maxError } from '../support/errors.ts';

const spec: NetworkSpec = {
  input: 6,
  layers: [
    { kind: 'dense', out: 9 },
    { kind: 'activation', fn: 'silu' },
    { kind: 'dropout', rate: 0.25 },
    { kind: 'dense', out: 4 },
  ],
};
const random = createRandom(9, 'train-step');
const x = Float64Array.from({ length: 23 * 6 }, () => random.normal());
const t = Float64Array.from({ length: 23 }, () => random.integer(4));

const trainStep = (shards: number, clipNorm?: number) =>
  createTrainStep({
    network: buildNetwork(spec),
    loss: createLoss('softmax-cross-entropy'),
    optimizer: createOptimizer({ kind: 'sgd', lr: 0.5 }),
    kernels: referenceKernels,
    batch: 23,
    shards,
    seed: 2,
    ...(clipNorm === undefined ? {} : { clipNorm }),
  });

test.each([2, 3, 8, 23, 30])('%i shards make the step of one shard, but for rounding', (shards) => {
  const whole = trainStep(1);
  const cut = trainStep(shards);
  for (let step = 0; step < 5; step++) {
    const expected = whole.step(x, t, 23);
    const actual = cut.step(x, t, 23);
    expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-13);
    expect(Math.abs(actual.norm - expected.norm)).toBeLessThan(1e-13);
  }
  expect(maxError(cut.parameters, whole.parameters)).toBeLessThan(1e-13);
});

test('a short batch is the step of its own rows', () => {
  const short = trainStep(8);
  const alone = trainStep(8);
  const { loss } = short.step(x.slice(0, 3 * 6), t.slice(0, 3), 3);
  expect(loss).toBe(alone.step(x, t, 3).loss);
  expect([...short.parameters]).toEqual([...alone.parameters]);
});

describe('clipping the norm', () => {
  test('moves the weights by at most rate times the limit', () => {
    const step = trainStep(4, 0.01);
    const before = step.parameters.slice();
    const { norm } = step.step(x, t, 23);
    const moved = Math.sqrt(step.parameters.reduce((sum, value, p) => sum + (value - before[p]) ** 2, 0));
    expect(norm).toBeGreaterThan(0.01);
    expect(Math.abs(moved / (0.5 * 0.01) - 1)).toBeLessThan(1e-3);
  });

  test('changes nothing where the norm is within it', () => {
    const [clipped, free] = [trainStep(4, 1e6), trainStep(4)];
    clipped.step(x, t, 23);
    free.step(x, t, 23);
    expect([...clipped.parameters]).toEqual([...free.parameters]);
  });
});
