import { buildNetwork, createLoss, createOptimizer, createSchedule, type NetworkSpec } from '@gradloom/core';
import { gradientOf, leafRows } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { planArena } from '../../packages/runtime/src/arena.ts';
import { allocateSharedMemory } from '../../packages/runtime/src/memory/shared-memory.ts';

const plan = (spec: NetworkSpec, options: { threads?: number; batch?: number; backend?: 'wasm' | 'blas' } = {}) =>
  planArena({
    backend: options.backend ?? 'wasm',
    network: buildNetwork(spec),
    loss: createLoss('softmax-cross-entropy'),
    optimizer: createOptimizer('adam'),
    schedule: createSchedule('plateau', { totalSteps: 10, stepsPerEpoch: 5 }),
    batch: options.batch ?? 32,
    lastBatch: options.batch ?? 32,
    leaf: leafRows(options.batch ?? 32),
    threads: options.threads ?? 3,
    heapBase: 1028,
  });
const small: NetworkSpec = { input: 6, layers: [{ kind: 'dense', out: 5 }] };

test('every array, and each row of gradients, starts on a 64-byte boundary, and no two overlap', () => {
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

test('a memory of another size than the plan has is refused, before an array is bound', () => {
  const layout = plan(small);
  for (const bytes of [layout.bytes - 65_536, layout.bytes + 65_536]) {
    expect(() => layout.bind(allocateSharedMemory(bytes, null))).toThrow(
      `planArena: memory has ${bytes} bytes, expected ${layout.bytes} (those of the plan)`,
    );
  }
});

test('gradient memory grows with threads, and with rows by their logarithm alone', () => {
  const rows = (options: Parameters<typeof plan>[1]) => plan(small, options).rows;
  expect([1, 2, 8].map((threads) => rows({ threads, batch: 32 }))).toEqual([1, 2, 2]); // two leaves
  expect([1, 2].map((threads) => rows({ threads, batch: 256 }))).toEqual([1, 2]);
  expect([256, 1024, 16_384].map((batch) => rows({ threads: 1, batch }))).toEqual([1, 2, 6]);
  expect(rows({ threads: 64, batch: 4096 })).toBeLessThan(2 * 64);
});

test('what a thread has for itself does not grow with a batch that has many passes', () => {
  const scratchOf = (backend: 'wasm' | 'blas', batch: number) => plan(small, { backend, batch }).bytes;
  for (const backend of ['wasm', 'blas'] as const) {
    const growth = scratchOf(backend, 2 ** 24) - scratchOf(backend, 2 ** 18);
    // The losses of the leaves, and rows of gradients.
    expect(growth).toBeLessThan((2 ** 24 / 64) * 8 + 64 * 1024);
  }
});

test('a plan past 4 GiB is refused with the size of each part', () => {
  const huge: NetworkSpec = { input: 30_000, layers: [{ kind: 'dense', out: 10_000 }] };
  expect(() => plan(huge)).toThrow(/has \d+ MiB, expected at most 4096 MiB .*parameters 2289 MiB, gradients 4578 MiB/);
});
