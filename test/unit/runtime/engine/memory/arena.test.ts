import {
  type BackendName,
  buildNetwork,
  createLoss,
  createOptimizer,
  createSchedule,
  type ElementType,
  type NetworkSpec,
} from '@gradloom/core';
import { couplesRows, defaultLeafRows, gradientOf } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { planArena } from '../../../../../packages/runtime/src/engine/memory/arena.ts';
import { allocateSharedMemory } from '../../../../../packages/runtime/src/system/memory/shared-memory.ts';

interface PlanOptions {
  threads?: number;
  batch?: number;
  backend?: BackendName;
  insideBytes?: number;
  elementType?: ElementType;
}

const plan = (spec: NetworkSpec, options: PlanOptions = {}) => {
  const network = buildNetwork(spec);
  return planArena({
    backend: options.backend ?? 'wasm',
    network,
    loss: createLoss('softmax-cross-entropy'),
    optimizer: createOptimizer('adam'),
    schedule: createSchedule('plateau', { totalSteps: 10, stepsPerEpoch: 5 }),
    batch: options.batch ?? 32,
    lastBatch: options.batch ?? 32,
    leafRows: defaultLeafRows(options.batch ?? 32),
    passRows: 256,
    rowsAtOnce: 256,
    couples: couplesRows(network),
    elementType: options.elementType ?? 'float64',
    threads: options.threads ?? 3,
    ...(options.insideBytes === undefined ? {} : { insideBytes: options.insideBytes }),
  });
};
const small: NetworkSpec = { input: 6, layers: [{ kind: 'dense', out: 5 }] };

const coupled: NetworkSpec = { input: 6, layers: [{ kind: 'batch-norm' }, { kind: 'dense', out: 5 }] };

test.each([
  ['', small],
  [', statistics of batches among them', coupled],
])('every array, and each row of gradients, starts on a 64-byte boundary, and no two overlap%s', (_what, spec) => {
  const layout = plan(spec);
  const arena = layout.bind(allocateSharedMemory(layout.bytes, 'wasm'), []);
  const { theta, gSum, state, squares, lossSums, scalars, scheduleState, losses, norms, shared, scratch } = arena;
  const gradients = [0, 1].map((s) => gradientOf(gSum, theta.length, s));
  const arrays = [
    theta,
    ...gradients,
    ...state,
    squares,
    lossSums,
    scalars,
    scheduleState,
    losses,
    norms,
    shared,
    ...scratch,
  ];
  arrays.sort((a, b) => a.byteOffset - b.byteOffset);
  let end = 0;
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
    expect(() => layout.bind(allocateSharedMemory(bytes, 'wasm'), [])).toThrow(
      `planArena: memory has ${bytes} bytes, expected ${layout.bytes} (the plan's)`,
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

const huge: NetworkSpec = { input: 30_000, layers: [{ kind: 'dense', out: 10_000 }] };

test('a plan past 4 GiB is refused with the size of each part where WebAssembly has to reach all of it', () => {
  for (const backend of ['wasm', 'blas'] as const) {
    expect(() => plan(huge, { backend })).toThrow(
      /has \d+ MiB, expected at most 4096 MiB .*parameters 2289 MiB, gradients (4578|6867) MiB/,
    );
  }
});

test('gradients and optimizer state lie outside on native, if and only if the whole passes 4 GiB', () => {
  expect(plan(small, { backend: 'native' }).outside).toEqual([]);
  const { bytes, outside, parts } = plan(huge, { backend: 'native' });
  const P = 30_000 * 10_000 + 10_000;
  expect(bytes).toBeLessThan(4 * 1024 ** 3);
  expect(outside).toEqual([2 * P, P, P].map((length) => 8 * length + 48));
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes + outside.reduce((a, b) => a + b));
  expect(plan(huge, { backend: 'reference' }).outside).toEqual([]);
  const floats = plan(huge, { backend: 'native', elementType: 'float32' });
  expect(floats.outside).toEqual([2 * P, P, P].map((length) => 4 * length + 48));
});

test('what has to lie inside is refused past 4 GiB, and so is an array that Node cannot have', () => {
  const wide: NetworkSpec = { input: 60_000, layers: [{ kind: 'dense', out: 10_000 }] };
  expect(() => plan(wide, { backend: 'native' })).toThrow(
    /expected at most 4096 MiB \(the address space of the kernels, without gradients and optimizer state\): parameters 4578/,
  );
  expect(() => plan(huge, { backend: 'reference', threads: 16, batch: 512 })).toThrow(
    /has \d+ MiB, expected at most 32768 MiB \(the longest array of Node 20\): gradients/,
  );
  // As many floats take half of the bytes, and an array may have no more of them.
  const floats = { backend: 'native', elementType: 'float32' } as const;
  expect(plan(wide, floats).bytes).toBeGreaterThan(4 * 60_000 * 10_000);
  expect(() => plan(huge, { ...floats, backend: 'reference', threads: 16, batch: 512 })).toThrow(
    /expected at most 16384 MiB \(the longest array of Node 20\): gradients/,
  );
});

test('regions outside are bound to buffers of their sizes, and to no others', () => {
  const layout = plan(small, { backend: 'native', insideBytes: 0 });
  const memory = allocateSharedMemory(layout.bytes, 'wasm');
  const buffers = layout.outside.map((bytes) => new SharedArrayBuffer(bytes));
  const { theta, gSum, state, scratch } = layout.bind(memory, buffers);
  expect([gSum, ...state].map(({ buffer }) => buffer)).toEqual(buffers);
  for (const array of [theta, ...scratch]) expect(array.buffer).toBe(memory.buffer);
  for (const wrong of [[], [...buffers, buffers[0]], [...buffers.slice(1), buffers[0]]]) {
    expect(() => layout.bind(memory, wrong)).toThrow('planArena: memory has ');
  }
});
