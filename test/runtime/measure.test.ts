import { createPool } from '@gradloom/runtime';
import { measureBandwidth } from '@gradloom/runtime/internal';
import { expect, onTestFinished, test } from 'vitest';
import { resolveBackend } from '../../packages/runtime/src/backend.ts';
import { allocateControl } from '../../packages/runtime/src/barrier.ts';
import { measureGflops } from '../../packages/runtime/src/measure.ts';
import { runTriad } from '../../packages/runtime/src/triad.ts';

test.each(['reference', 'wasm', 'auto'] as const)('a rate is measured for %s, however short the time', (name) => {
  const gflops = measureGflops(resolveBackend(name), 0);
  expect(gflops).toBeGreaterThan(0);
  expect(gflops).toBeLessThan(Number.POSITIVE_INFINITY);
});

test.each([1, 2])('%i threads move memory at some speed', async (threads) => {
  const pool = await createPool({ threads: 2 });
  onTestFinished(() => pool.destroy());
  const gigabytesPerSecond = await measureBandwidth(pool, threads);
  expect(gigabytesPerSecond).toBeGreaterThan(0.01);
  expect(gigabytesPerSecond).toBeLessThan(10_000);
});

test('threads together write a = b + s c from end to end', () => {
  const N = 10;
  const arrays = new Float64Array(new SharedArrayBuffer(3 * N * 8)).map((_, i) => i);
  const triad = Float64Array.from({ length: N }, (_, i) => N + i + 0.5 * (2 * N + i));
  const shared = new Float64Array(new SharedArrayBuffer(arrays.byteLength));
  shared.set(arrays);
  for (const thread of [0, 1, 2]) {
    // Without passes no thread waits for another.
    const times = new Float64Array(new SharedArrayBuffer(0));
    runTriad({ kind: 'triad', control: allocateControl(), thread, threads: 3, arrays: shared, times }, 1);
  }
  expect(shared.subarray(0, N)).toEqual(triad);
});
