import {
  buildNetwork,
  createLoss,
  type ElementsOf,
  type ElementType,
  type Kernels,
  type LossName,
  type Network,
  referenceKernels,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { B, checkedNetworks, narrow, networkWith } from '../../support/checked-networks.ts';
import {
  fns,
  H,
  linkPass,
  lossNames,
  nestedStart,
  type Start,
  start,
  targetsAt,
} from '../../support/gradient-passes.ts';
import { numericGradient } from '../../support/numeric-gradient.ts';
import { roundingBound } from '../../support/rounding-bound.ts';
import { definitionKernels } from '../../unit/core/kernels/definitions/index.ts';
import { documentedLosses } from '../../unit/core/kernels/definitions/losses.ts';

/**
 * The gradient of floats against differences of doubles at the same weights: they differ by no more than the roundings
 * of floats can move the gradient (see roundingBound), and the error of the differences, 1e-8.
 */
function checkFloats(network: Network, lossName: LossName, start: Start): void {
  const { spec } = documentedLosses[lossName];
  const loss = createLoss(spec);
  const [theta, x, t] = [start.theta, start.x, targetsAt(network, lossName, start)].map((a) => a.map(Math.fround));
  function gradientOf<T extends ElementType>(type: T, kernels: Kernels): () => ElementsOf<T> {
    const linked = linkPass(type, kernels, network, loss);
    return () => {
      linked.theta.set(theta);
      linked.run(x, t);
      return linked.gradient();
    };
  }
  const bound = roundingBound((A) => gradientOf('float64', definitionKernels(A)));
  const inDoubles = linkPass('float64', referenceKernels, network, loss);
  inDoubles.theta.set(theta);
  const expected = numericGradient(() => inDoubles.run(x, t), inDoubles.theta, H);
  const g = gradientOf('float32', referenceKernels)();
  const beyond = [...g].filter((value, p) => !(Math.abs(value - expected[p]) <= bound[p] + 1e-8));
  expect(beyond).toEqual([]);
  // The bound is one: a wrong term would show.
  const largest = (array: Float64Array): number => array.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest(bound)).toBeLessThan(1e-3 * largest(expected));
}

// Neither knows the other: each activation with a loss, and each loss with an activation.
test.each(
  Array.from({ length: Math.max(fns.length, lossNames.length) }, (_, k) => ({
    fn: fns[k % fns.length],
    lossName: lossNames[k % lossNames.length],
  })),
)('dense, $fn and dropout have it in floats but for rounding, under $lossName', ({ fn, lossName }) => {
  const network = buildNetwork(networkWith(fn, narrow));
  checkFloats(network, lossName, start(network));
});

describe.each(checkedNetworks)('%s', (_title, specOf, inputs) => {
  test('have it in floats but for rounding', () => {
    const network = buildNetwork(specOf(narrow));
    checkFloats(network, 'softmax-cross-entropy', {
      theta: nestedStart(network),
      x: Float64Array.from(inputs.slice(0, B * network.inputs)),
    });
  });
});
