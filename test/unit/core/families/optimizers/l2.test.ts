import { createOptimizer } from '@gradloom/core';
import { expect, test } from 'vitest';
import { maxRelativeError } from '../../../../support/errors.ts';
import { followGolden, goldenOptions } from '../../../../support/golden-options.ts';

const { lr, momentum, runs, scikitLearn, classes } = goldenOptions;
const loss = 'softmax-cross-entropy';
const decayed = 'weights';

test("weight decay λ/n of weights takes the steps of Nielsen's L2, a penalty λ/2n on the sum of their squares", () => {
  const golden = runs.find(({ name }) => name === "Nielsen's L2");
  if (golden === undefined) throw new Error('the fixture has no such run');
  const optimizer = createOptimizer({ kind: 'sgd', lr, momentum, weightDecay: 2 / classes.length, decayed });
  const { trained, losses } = followGolden(loss, golden.batch, golden.losses.length, { optimizer });
  expect(maxRelativeError(trained.parameters, golden.finalParams)).toBeLessThan(1e-12);
  // The loss is that of the rows, without the penalty.
  expect(losses.every((value, k) => value < golden.losses[k])).toBe(true);
});

test('weight decay alpha/B of weights takes the steps of scikit-learn', () => {
  const { alpha, batch, finalParams } = scikitLearn;
  const optimizer = createOptimizer({ kind: 'sgd', lr, weightDecay: alpha / batch, decayed });
  const { trained } = followGolden(loss, batch, runs[0].losses.length, { optimizer });
  expect(maxRelativeError(trained.parameters, finalParams)).toBeLessThan(1e-12);
});
