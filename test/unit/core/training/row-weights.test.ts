import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  type LossName,
  losses,
  referenceKernels,
} from '@gradloom/core';
import { createList, lossOp, ops, runCalls } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { maxError, maxRelativeError } from '../../../support/errors.ts';
import { followGolden, goldenOptions } from '../../../support/golden-options.ts';
import { numericGradient } from '../../../support/numeric-gradient.ts';

const names = Object.keys(losses) as LossName[];
const [B, O] = [37, 3];
const random = createRandom(3, 'row weights');
const w = Float64Array.from({ length: B }, (_, n) => (n % 5 === 0 ? 0 : 2 * random.uniform()));
const targetsOf = (name: LossName): Float64Array =>
  createLoss(name).targets === 'classes'
    ? Float64Array.from({ length: B }, () => random.integer(O))
    : Float64Array.from({ length: B * O }, () => 0.1 + 0.8 * random.uniform());

describe.each(names)('%s', (name) => {
  const loss = createLoss(name);
  const t = targetsOf(name);

  test('the weighed gradient is the central difference of the weighed loss', () => {
    const y = Float64Array.from({ length: B * O }, () => 6 + random.normal());
    const leaf = 8;
    const lossSums = new Float64Array(Math.ceil(B / leaf));
    const dy = new Float64Array(B * O);
    const { calls, emit } = createList();
    const rowLosses = new Float64Array(B);
    emit(lossOp(loss), rowLosses, dy, y, t, B, 1, O);
    emit(ops.weighLosses, lossSums, dy, rowLosses, w, B, leaf, O);
    const sum = (): number => {
      runCalls(calls, referenceKernels);
      return lossSums.reduce((all, one) => all + one, 0);
    };
    const numeric = numericGradient(sum, y);
    sum();
    expect(maxError(dy, numeric)).toBeLessThan(1e-8);
  });

  test('weights of 1 change no bit of a step, and twice the weight is twice the loss', () => {
    const network = buildNetwork({ input: 2, layers: [{ kind: 'dense', out: O }] });
    const x = Float64Array.from({ length: 2 * B }, () => random.normal());
    const stepWith = (weight: number | null) => {
      const optimizer = createOptimizer({ kind: 'sgd', lr: 0.1 });
      const shared = { network, loss, optimizer, kernels: referenceKernels, batch: B, seed: 2 };
      const trained = createTrainStep({ ...shared, hasRowWeights: weight !== null });
      const weights = weight === null ? undefined : new Float64Array(B).fill(weight);
      return { ...trained.step(x, t, B, undefined, weights), parameters: trained.parameters };
    };
    expect(stepWith(1)).toEqual(stepWith(null));
    expect(stepWith(2).loss).toBe(2 * stepWith(null).loss);
    expect(stepWith(2).norm).toBe(2 * stepWith(null).norm);
  });
});

const { runs, ofClass, classes, samples } = goldenOptions;
/** As the runtime gives them: over their mean. */
const overMean = (weights: number[]): Float64Array => {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return Float64Array.from(weights, (weight) => weight / mean);
};
const perClass = overMean(classes.map((label) => ofClass[label]));

test.each([
  ['class weights of batches', 'softmax-cross-entropy', perClass],
  ['CrossEntropyLoss(weight) of all rows', 'softmax-cross-entropy', perClass],
  ['sample weights', 'mse', overMean(samples)],
] as const)('%s: PyTorch takes the same steps', (name, loss, weights) => {
  const golden = runs.find((run) => run.name === name);
  if (golden === undefined) throw new Error(`no run ${name}`);
  const followed = followGolden(loss, golden.batch, golden.losses.length, { weights });
  expect(maxRelativeError(followed.losses, golden.losses)).toBeLessThan(1e-12);
  expect(maxRelativeError(followed.trained.parameters, golden.finalParams)).toBeLessThan(1e-12);
});
