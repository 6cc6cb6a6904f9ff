import {
  batchNorm,
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  dense,
  dropout,
  gelu,
  type Kernels,
  layerNorm,
  referenceKernels,
  residual,
  sequential,
  silu,
  swiglu,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { averaging } from '../../../../packages/core/src/families/optimizers/optimizer.ts';
import { elementTypes } from '../../../../packages/core/src/math/element-type.ts';
import { arithmetics } from '../../../support/arithmetic.ts';
import { firstDifference } from '../../../support/bits.ts';
import { maxError } from '../../../support/errors.ts';
import { definitionKernels } from '../kernels/definitions/index.ts';

const spec = sequential(6, dense(9), silu(), dense(4));
const random = createRandom(9, 'train-step');
const x = Float64Array.from({ length: 40 * 6 }, () => random.normal());
const t = Float64Array.from({ length: 40 }, () => random.integer(4));

const trainStep = (clipNorm?: number) =>
  createTrainStep({
    network: buildNetwork(spec),
    loss: createLoss('softmax-cross-entropy'),
    optimizer: createOptimizer({ kind: 'sgd', lr: 0.5 }),
    kernels: referenceKernels,
    batch: 40,
    seed: 2,
    ...(clipNorm === undefined ? {} : { clipNorm }),
  });

test('the loss and the gradient of a batch are the means over its rows, but for rounding', () => {
  const step = trainStep();
  const start = step.parameters.slice();
  const { loss } = step.step(x, t, 40);
  const moved = step.parameters.map((value, p) => value - start[p]);
  const sum = new Float64Array(start.length);
  let lossSum = 0;
  for (let n = 0; n < 40; n++) {
    const one = trainStep();
    lossSum += one.step(x.slice(n * 6, (n + 1) * 6), t.slice(n, n + 1), 1).loss;
    for (let p = 0; p < sum.length; p++) sum[p] += one.parameters[p] - start[p];
  }
  expect(Math.abs(loss - lossSum / 40)).toBeLessThan(1e-13);
  expect(
    maxError(
      moved,
      sum.map((value) => value / 40),
    ),
  ).toBeLessThan(1e-13);
});

describe.each(elementTypes)('steps of %s', (elementType) => {
  const network = buildNetwork(
    sequential(6, dense(5), layerNorm(), residual(gelu(), dropout(0.2), dense(5)), batchNorm(), swiglu(4), dense(4)),
  );
  const loss = createLoss({ kind: 'softmax-cross-entropy', labelSmoothing: 0.15 });
  const w = Float64Array.from({ length: 40 }, () => 0.5 + random.uniform());
  const trained = (kernels: Kernels) => {
    const optimizer = averaging(createOptimizer({ kind: 'adam', lr: 0.05, weightDecay: 0.01 }), 0.9);
    const limits = { clipNorm: 0.3, maxNorm: 0.8 };
    const step = createTrainStep({
      network,
      loss,
      optimizer,
      kernels,
      batch: 40,
      seed: 2,
      hasRowWeights: true,
      elementType,
      ...limits,
    });
    return { figures: [step.step(x, t, 40, undefined, w), step.step(x, t, 33, undefined, w)], step };
  };

  test('have the bits of the definitions, each operation rounded once', () => {
    const [{ figures, step }, expected] = [referenceKernels, definitionKernels(arithmetics[elementType])].map(trained);
    expect(figures).toEqual(expected.figures);
    expect(firstDifference(step.model, expected.step.model)).toBeNull();
    expect(firstDifference(step.parameters, expected.step.parameters)).toBeNull();
    for (const [k, slot] of step.state.entries()) expect(firstDifference(slot, expected.step.state[k])).toBeNull();
    expect(step.parameters.every(Number.isFinite)).toBe(true);
  });
});

test('a short batch is the step of its own rows', () => {
  const short = trainStep();
  const alone = trainStep();
  const { loss } = short.step(x.slice(0, 3 * 6), t.slice(0, 3), 3);
  expect(loss).toBe(alone.step(x, t, 3).loss);
  expect([...short.parameters]).toEqual([...alone.parameters]);
});

describe('clipping the norm', () => {
  test('moves the weights by at most rate times the limit', () => {
    const step = trainStep(0.01);
    const before = step.parameters.slice();
    const { norm } = step.step(x, t, 40);
    const moved = Math.sqrt(
      Float64Array.from(step.parameters).reduce((sum, value, p) => sum + (value - before[p]) ** 2, 0),
    );
    expect(norm).toBeGreaterThan(0.01);
    expect(Math.abs(moved / (0.5 * 0.01) - 1)).toBeLessThan(1e-3);
  });

  test('changes nothing where the norm is within it', () => {
    const [clipped, free] = [trainStep(1e6), trainStep()];
    clipped.step(x, t, 40);
    free.step(x, t, 40);
    expect([...clipped.parameters]).toEqual([...free.parameters]);
  });
});
