import { buildNetwork, createLoss, createOptimizer, createSchedule } from '@gradloom/core';
import { expect, test } from 'vitest';
import { planArena } from '../../packages/runtime/src/arena.ts';
import { checkMemory, freeMemory } from '../../packages/runtime/src/memory.ts';

const MiB = 1024 ** 2;
const parts = [
  { name: 'weights', bytes: 3 * MiB },
  { name: 'rows', bytes: 4 * MiB, option: 'batch' },
  { name: 'weights', bytes: MiB },
  { name: 'crumbs', bytes: 5 },
];
const bytes = 8 * MiB + 5;

test('what fits to the byte is let pass; a byte more is refused with the sum, the parts that count and the options behind them', () => {
  checkMemory(parts, bytes, 'room');
  let error: unknown;
  try {
    checkMemory(parts, bytes - 1, 'room');
  } catch (refusal) {
    error = refusal;
  }
  expect(error).toMatchObject({
    message: 'train: the plan has 9 MiB, expected at most 9 MiB (room): weights 4 MiB, rows 4 MiB',
    options: ['layers', 'batch'],
  });
});

test('the parts of a plan are all of its bytes', () => {
  const layout = planArena({
    backend: 'wasm',
    network: buildNetwork({ input: 7, layers: [{ kind: 'dense', out: 5 }] }),
    loss: createLoss('mse'),
    optimizer: createOptimizer('adam'),
    schedule: createSchedule('plateau', { totalSteps: 10, stepsPerEpoch: 5 }),
    ...{ batch: 32, shards: 2, threads: 3, heapBase: 1028 },
  });
  expect(layout.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(layout.bytes);
});

test('this machine has some memory free', () => {
  expect(freeMemory()).toBeGreaterThan(MiB);
});
