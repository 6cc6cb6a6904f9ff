import { buildNetwork, createLoss, createOptimizer, createSchedule, type NetworkSpec } from '@gradloom/core';
import { gradientOf } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { planArena } from '../../packages/runtime/src/arena.ts';
import { allocateSharedMemory } from '../../packages/runtime/src/shared-memory.ts';

const plan = (spec: NetworkSpec, options: { shards?: number; threads?: number; batch?: number } = {}) =>
  planArena({
    backend: 'wasm',
    network: buildNetwork(spec),
    loss: createLoss('softmax-cross-entropy'),
    optimizer: createOptimizer('adam'),
    schedule: createSchedule('plateau', { totalSteps: 10, stepsPerEpoch: 5 }),
    batch: options.batch ?? 32,
    shards: options.shards ?? 2,
    threads: options.threads ?? 3,
    heapBase: 1028,
  });
const small: NetworkSpec = { input: 6, layers: [{ kind: 'dense', out: 5 }] };

test('every array, and the gradient of each shard, starts on a 64-byte boundary, and no two overlap', () => {
  const layout = plan(small);
  const arena = layout.bind(allocateSharedMemory(layout.bytes, null));
  const { theta, gSum, state, squares, lossSums, scalars, scheduleState, losses, norms, scratch } = arena;
  const gradients = [0, 1].map((s) => gradientOf(gSum, theta.length, s));
  const arrays = [theta, ...gradients, ...state, squares, lossSums, scalars, scheduleState, losses, norms, ...scratch];
  arrays.sort((a, b) => a.byteOffset - b.byteOffset);
  let end = 1028;
  for (const array of arrays) {
    expect(array.byteOffset % 64).toBe(0);
    expect(array.byteOffset).toBeGreaterThanOrEqual(end);
    end = array.byteOffset + array.byteLength;
  }
  expect(layout.bytes).toBeGreaterThanOrEqual(end);
});

test('gradient memory grows with shards, not with threads or rows', () => {
  const gradients = (options: Parameters<typeof plan>[1]) =>
    plan(small, options).parts.find((part) => part.name === 'gradients of the shards')?.bytes;
  expect(gradients({ threads: 64, batch: 4096 })).toBe(gradients({}));
  expect(gradients({ shards: 16 })).toBe(8 * Number(gradients({ shards: 2 })));
});

test('a plan past 4 GiB is refused with the size of each part', () => {
  const huge: NetworkSpec = { input: 30_000, layers: [{ kind: 'dense', out: 10_000 }] };
  expect(() => plan(huge)).toThrow(
    /has \d+ MiB, expected at most 4096 MiB .*parameters 2289 MiB, gradients of the shards 4578 MiB/,
  );
});
