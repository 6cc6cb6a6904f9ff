import { conv2d, dense, flatten, relu, residual } from '@gradloom/core';
import { type ExtensionName, extensions } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { passesOf } from '../../../bench/passes.ts';
import { createFma } from '../../../bench/peak/fma.ts';
import { flopsOf } from '../../../bench/peers/workloads.ts';
import { machineCode } from '../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { needs } from '../../support/needs.ts';

const { code } = machineCode();

describe('multiply-and-add in registers', needs('native'), () => {
  test.each(Object.keys(extensions) as ExtensionName[])(
    'keeps enough sums on %s that none waits for another',
    (name) => {
      const { vectors, vectorRegisters } = extensions[name].createIsa('float64');
      // Two a cycle, each done after four or five: ten are on their way.
      expect(vectorRegisters - 3).toBeGreaterThanOrEqual(10);
      const flopsOfRound = 2 * vectors.width * (vectorRegisters - 3);
      if (name === code?.extension) expect(createFma(name, 'float64').flops % flopsOfRound).toBe(0);
    },
  );

  test('runs as machine code, on twice as many floats as doubles', () => {
    if (code === null) return;
    const [doubles, floats] = [createFma(code.extension, 'float64'), createFma(code.extension, 'float32')];
    for (const fma of [doubles, floats]) expect(() => fma.run()).not.toThrow();
    expect(floats.width).toBe(2 * doubles.width);
  });
});

test('the work of a step is three products a layer, and two of the first', () => {
  const layers = [dense(128), relu(), dense(10)];
  expect(flopsOf({ network: { input: 784, layers }, batch: 32 })).toBe(2 * 32 * (2 * 784 * 128 + 3 * 128 * 10));
});

test('a product of a convolution has as many terms as windows times weights', () => {
  const layers = [conv2d(8, 3, { stride: 2 }), residual(conv2d(8, 3, { padding: 1, groups: 8 })), flatten(), dense(10)];
  const [first, second] = [27 * 8 * 49, 9 * 8 * 49];
  expect(flopsOf({ network: { input: [15, 15, 3], layers }, batch: 4 })).toBe(
    2 * 4 * (2 * first + 3 * (second + 392 * 10)),
  );
});

test.each([1, 2, 3])('products take all rows of a batch once on %i threads, as a step does', (threads) => {
  const passes = passesOf({ name: 'native' }, 1024, threads).flat();
  const leaves = passes.flatMap(({ first, count }) => Array.from({ length: count }, (_, k) => first + k));
  expect(leaves.sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, leaf) => leaf));
  expect(Math.max(...passes.map(({ count }) => 32 * count))).toBeLessThanOrEqual(256);
});
