import {
  buildNetwork,
  createLoss,
  createRandom,
  initializeParameters,
  type NetworkSpec,
  referenceKernels,
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
    ({ size, groups, first, second }): NetworkSpec => ({
      input: [...size, 2],
      layers: [
        { kind: 'conv2d', out: 2, groups, ...first, biasInit: 'normal' },
        { kind: 'activation', fn: 'tanh' },
        { kind: 'conv2d', out: 2, groups, ...second },
      ],
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
          ...{ kernels: referenceKernels, training: true, seed: 1, step: 0, firstRow: 0, leaf: 2, joins: false },
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
