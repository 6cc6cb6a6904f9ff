import { createOptimizer, createRandom, type OptimizerSpec } from '@gradloom/core';
import { averaging } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { maxRelativeError } from '../../../../support/errors.ts';
import { followGolden, goldenOptions } from '../../../../support/golden-options.ts';

const { lr, momentum, runs, params } = goldenOptions;
const sgd: OptimizerSpec = { kind: 'sgd', lr, momentum };

test('the average is the mean of the weights after each step, which are those of PyTorch', () => {
  const golden = runs.find(({ average }) => average !== undefined);
  if (golden?.average === undefined) throw new Error('the fixture has no such run');
  const optimizer = averaging(createOptimizer(sgd), 0.9);
  const { trained, losses } = followGolden('softmax-cross-entropy', golden.batch, golden.losses.length, { optimizer });
  expect(maxRelativeError(losses, golden.losses)).toBeLessThan(1e-12);
  expect(maxRelativeError(trained.parameters, golden.finalParams)).toBeLessThan(1e-12);
  expect(maxRelativeError(trained.model, golden.average)).toBeLessThan(1e-12);
});

test('it changes no bit of the weights, and after one step it equals them', () => {
  for (const kind of ['sgd', 'adam', 'adamw', 'rmsprop', 'lion', 'adagrad', 'muon'] as const) {
    const optimizer = createOptimizer({ kind, weightDecay: 0.1, decayed: 'weights' });
    const one = (steps: number, average: boolean) =>
      followGolden('mse', 10, steps, { optimizer: average ? averaging(optimizer, 0.999) : optimizer }).trained;
    expect(one(9, true).parameters).toEqual(one(9, false).parameters);
    expect(one(1, true).model).toEqual(one(1, false).parameters);
    expect(one(9, true).model).not.toEqual(one(9, false).parameters);
  }
});

test('it is that of the limited weights where their norm is limited', () => {
  const optimizer = averaging(createOptimizer(sgd), 0.75);
  const after = (steps: number) => followGolden('mse', 10, steps, { optimizer, maxNorm: 0.5 }).trained;
  const [first, second] = [after(1).parameters, after(2).parameters];
  const mean = first.map((theta, p) => (0.75 * theta + second[p]) / 1.75);
  expect(maxRelativeError(after(2).model, mean)).toBeLessThan(1e-14);
});

test('the shares of all steps are those of a geometric mean, and the first is 1', () => {
  const optimizer = averaging(createOptimizer(sgd), 0.75);
  const scalars = Float64Array.from(optimizer.initialScalars);
  const hyper = new Float64Array(optimizer.hyperLength);
  const random = createRandom(1, 'shares');
  let [average, sum, weight] = [params[0], 0, 0];
  for (let t = 1; t <= 40; t++) {
    const theta = random.normal();
    optimizer.hyper(hyper, Float64Array.of(lr), scalars);
    optimizer.advance(scalars);
    const share = hyper[optimizer.smoothingAt ?? Number.NaN];
    if (t === 1) expect(share).toBe(1);
    average = (1 - share) * average + share * theta;
    [sum, weight] = [0.75 * sum + theta, 0.75 * weight + 1];
    expect(average).toBeCloseTo(sum / weight, 13);
  }
});
