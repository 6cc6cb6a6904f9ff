import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ActivationName,
  activate,
  activateBackward,
  activations,
} from '../../../../packages/core/src/families/activations/index.ts';
import { createLoss } from '../../../../packages/core/src/families/losses/index.ts';
import {
  createElements,
  type ElementType,
  elementTypes,
  FLOAT64,
} from '../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import { activationOps, lossOp } from '../../../../packages/core/src/program/ops/index.ts';
import { firstDifference } from '../../../support/bits.ts';
import { counted } from '../../../support/count.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';
import { runOp } from '../../../support/run-op.ts';
import { propertySeed } from '../../../support/seed.ts';
import { watchCalls } from '../../../support/watch-calls.ts';

// exp runs in sigmoid, gelu and softmax, log in the loss, tanh in tanh, erf in gelu, expm1 in elu, and with log1p in
// softplus.
const COUNT = 200_003; // a prime number, so that a vector is left over
const ROUNDS = counted(1, 50);

const names = Object.keys(activations) as ActivationName[];

/** Distances of numbers near 1 that tell where a function changes over: those of neighbours, and some more. */
const distances: Record<ElementType, { next: number; near: number }> = {
  float64: { next: 1e-16, near: 1e-8 },
  float32: { next: 2 ** -25, near: 2 ** -23 },
};

describe.each(elementTypes)(`in %s (seed ${propertySeed})`, (type) => {
  const memory = createGuardedMemory(512, type);
  const { kernels, left } = watchCalls(memory.kernels);
  const random = createRandom(propertySeed, 'assembly');
  const [z, da, out] = [COUNT, COUNT, COUNT].map((length) => memory.allocate(length));
  const words = new Uint32Array(z.buffer, z.byteOffset, z.byteLength / 4);
  const expected = createElements(type, COUNT);
  const { next, near } = distances[type];

  /** Half any bits at all, half where the functions bend. */
  function draw(): void {
    for (let i = 0; i < words.length; i++) words[i] = random.integer(2 ** 32);
    for (let i = 1; i < COUNT; i += 2) z[i] = 8 * random.normal();
  }

  beforeAll(() => {
    for (let i = 0; i < COUNT; i++) da[i] = random.normal();
    draw();
  });

  // Else plain code would be compared with itself.
  afterAll(() => expect(left, 'left to plain code').toEqual(new Set()));

  test.each(names)(
    `%s and its derivative have the bits of the plain code on ${ROUNDS * COUNT} values`,
    (name) => {
      const activation = activations[name];
      const { forward, backward } = activationOps[name];
      const { alpha } = activation;
      for (let round = 0; round < ROUNDS; round++) {
        draw();
        activate(activation, expected, z, COUNT, alpha);
        runOp(kernels, forward, out, z, COUNT, alpha);
        expect(firstDifference(out, expected)).toBeNull();
        activateBackward(activation, expected, da, z, COUNT, alpha);
        runOp(kernels, backward, out, da, z, COUNT, alpha);
        expect(firstDifference(out, expected)).toBeNull();
      }
    },
    600_000,
  );

  test.each([
    ['0.41', Math.log(0.41), next],
    ['√2 - 1', Math.log(Math.SQRT2 - 1), near],
  ])('log1p changes over at %s where the plain code does', (_at, middle, step) => {
    const [a, z] = [2000, 2000].map((length) => memory.allocate(length));
    for (let i = 0; i < z.length; i++) z[i] = middle + step * (i - 1000);
    activate(activations.softplus, expected, z, z.length, 0);
    runOp(kernels, activationOps.softplus.forward, a, z, z.length, 0);
    expect(firstDifference(a, expected.slice(0, z.length))).toBeNull();
  });

  describe('softmax-cross-entropy', () => {
    const loss = createLoss('softmax-cross-entropy');
    const { evaluate } = loss;
    const op = lossOp(loss);
    const [sum, expectedSum, t] = [memory.allocate(1, FLOAT64), new Float64Array(1), memory.allocate(1)];

    test.each([1, 2, 3, 10])('has the bits of the plain code on 20,000 rows of %i', (O) => {
      for (let n = 0; n < 20_000; n++) {
        t[0] = n % O;
        const row = [expected, out, z].map((array) => array.subarray(n * O, (n + 1) * O));
        evaluate(expectedSum, row[0], row[2], t, 1, 1, O);
        runOp(kernels, op, sum, row[1], row[2], t, 1, 1, O);
        expect(sum[0]).toBe(expectedSum[0]);
      }
      expect(firstDifference(out.subarray(0, 20_000 * O), expected.subarray(0, 20_000 * O))).toBeNull();
    });

    test('changes over at √2 in log where the plain code does', () => {
      const [y, dy] = [memory.allocate(2), memory.allocate(2)];
      t[0] = 0;
      for (let i = -1000; i < 1000; i++) {
        y[1] = Math.log(Math.SQRT2 - 1) + near * i; // Σ eʸ = 1 + eʸ¹, near √2
        evaluate(expectedSum, createElements(type, 2), y, t, 1, 1, 2);
        runOp(kernels, op, sum, dy, y, t, 1, 1, 2);
        expect(sum[0]).toBe(expectedSum[0]);
      }
    });
  });
});
