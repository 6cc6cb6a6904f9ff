import { beforeAll, describe, expect, test } from 'vitest';
import { activate, activateBackward, activations } from '../../../packages/core/src/activations/index.ts';
import { createLoss } from '../../../packages/core/src/losses/index.ts';
import { createRandom } from '../../../packages/core/src/random/index.ts';
import { firstDifference } from '../../support/bits.ts';
import { createGuardedMemory } from '../../support/guarded-memory.ts';
import { propertySeed } from '../../support/seed.ts';

// exp runs in sigmoid, gelu and softmax, log in the loss, tanh in tanh, erf in gelu.
const COUNT = 200_000;
const memory = createGuardedMemory(512);
const random = createRandom(propertySeed, 'assembly');
const z = memory.allocate(COUNT);
const da = memory.allocate(COUNT);
const out = memory.allocate(COUNT);
const expected = new Float64Array(COUNT);

/** Half any bits at all, half where the functions bend. */
beforeAll(() => {
  const words = new Uint32Array(z.buffer, z.byteOffset, 2 * COUNT);
  for (let i = 0; i < words.length; i++) words[i] = random.integer(2 ** 32);
  for (let i = 1; i < COUNT; i += 2) z[i] = 8 * random.normal();
  for (let i = 0; i < COUNT; i++) da[i] = random.normal();
});

describe.each(['relu', 'sigmoid', 'tanh', 'gelu'] as const)(`%s (seed ${propertySeed})`, (name) => {
  const activation = activations[name];
  const kernel = memory.kernels.fast.activations[name];

  test(`has the bits of the plain code on ${COUNT} values`, () => {
    activate(activation, expected, z, COUNT, 0);
    kernel?.forward(out, z, COUNT, 0);
    expect(firstDifference(out, expected)).toBeNull();
  });

  test(`has the bits of the plain derivative on ${COUNT} values`, () => {
    activateBackward(activation, expected, da, z, COUNT, 0);
    kernel?.backward(out, da, z, COUNT, 0);
    expect(firstDifference(out, expected)).toBeNull();
  });
});

test.each([1, 2, 3, 10])(
  `softmax-cross-entropy has the bits of the plain code, %i outputs (seed ${propertySeed})`,
  (O) => {
    const B = 20_000;
    const t = memory.allocate(B);
    for (let n = 0; n < B; n++) t[n] = random.integer(O);
    const plain = createLoss('softmax-cross-entropy');
    const fast = memory.kernels.fast.losses['softmax-cross-entropy'];
    const [expectedSum, actualSum] = [memory.allocate(1), memory.allocate(1)];
    for (let n = 0; n < B; n++) {
      const row = (array: Float64Array): Float64Array => array.subarray(n * O, (n + 1) * O);
      plain.evaluate(expectedSum, row(expected), row(z), t.subarray(n), 1, O);
      fast?.(actualSum, row(out), row(z), t.subarray(n), 1, O);
      expect(actualSum[0]).toBe(expectedSum[0]);
    }
    expect(firstDifference(out.subarray(0, B * O), expected.subarray(0, B * O))).toBeNull();
  },
);
