import {
  buildNetwork,
  conv2d,
  createLoss,
  createRandom,
  initializeParameters,
  type NetworkSpec,
  referenceKernels,
  sequential,
  tanh,
} from '@gradloom/core';
import { bindTensors, createWorkspace, nodeGradient } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxError } from '../../../../support/errors.ts';
import { numericGradient } from '../../../../support/numeric-gradient.ts';

const whole = (min: number, max: number) => fc.integer({ min, max });
const two = (min: number, max: number) => fc.tuple(whole(min, max), whole(min, max));

/** Two convolutions of any windows, of which the second has a gradient by its inputs. */
const networks = fc
  .record({
    size: two(1, 7),
    groups: whole(1, 2),
    first: fc.record({ kernel: two(1, 3), padding: two(0, 2), stride: two(1, 3), dilation: two(1, 2) }),
    second: fc.record({ kernel: two(1, 3), padding: two(0, 2), stride: two(1, 3), dilation: two(1, 2) }),
  })
  .map(
    ({ size, groups, first, second }): NetworkSpec =>
      sequential([...size, 2], { kind: 'conv2d', out: 2, groups, ...first, biasInit: 'normal' }, tanh(), {
        kind: 'conv2d',
        out: 2,
        groups,
        ...second,
      }),
  )
  .filter((spec) => fits(spec));

function fits(spec: NetworkSpec): boolean {
  try {
    buildNetwork(spec);
    return true;
  } catch {
    return false;
  }
}

test('the gradient of any windows is the central difference', () => {
  fc.assert(
    fc.property(networks, (spec) => {
      const B = 3;
      const network = buildNetwork(spec);
      const theta = new Float64Array(network.parameterCount);
      initializeParameters(network, theta, 1);
      const parameters = bindTensors(network, theta);
      const g = new Float64Array(theta.length);
      const random = createRandom(1, 'images');
      const workspace = createWorkspace(network, createLoss('mse'), B, (length) => new Float64Array(length));
      const x = Float64Array.from({ length: B * network.inputs }, () => random.normal());
      workspace.t.set(Float64Array.from({ length: B * network.outputs }, () => random.normal()));
      const sums = new Float64Array(2);
      const lossSum = () => {
        workspace.x.set(x);
        nodeGradient(sums, network, workspace, parameters, bindTensors(network, g), B, {
          kernels: referenceKernels,
          training: true,
          seed: 1,
          step: 0,
          firstRow: 0,
          leafRows: 2,
          accumulate: false,
        });
        return sums[0] + sums[1];
      };
      const expected = numericGradient(lossSum, theta, 1e-4);
      lossSum();
      expect(maxError(g, expected)).toBeLessThan(1e-7);
    }),
    { numRuns: 60 },
  );
});

test('initializers count all places of a window, and an orthogonal one has a column for each output', () => {
  const startOf = (init: 'glorot-uniform' | 'orthogonal') => {
    const network = buildNetwork(sequential([9, 9, 8], conv2d(16, 5, { groups: 2, init, bias: false })));
    const W = new Float64Array(network.parameterCount);
    initializeParameters(network, W, 1);
    return W;
  };
  // PyTorch's: 25 places of the 4 channels of a group, and 25 places of all 16 outputs.
  const bound = Math.sqrt(6 / (25 * 4 + 25 * 16));
  const largest = Math.max(...startOf('glorot-uniform').map(Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.99 * bound);
  const W = startOf('orthogonal');
  const products = Array.from({ length: 16 * 16 }, (_, k) => {
    const [a, b] = [k >> 4, k % 16];
    return Array.from({ length: 100 }, (_, i) => W[i * 16 + a] * W[i * 16 + b]).reduce((sum, term) => sum + term, 0);
  });
  const identity = products.map((_, k) => (k >> 4 === k % 16 ? 1 : 0));
  expect(maxError(products, identity)).toBeLessThan(1e-12);
});
