import { createPool } from '@gradloom/runtime';
import { measureBandwidth } from '@gradloom/runtime/internal';
import { expect, onTestFinished, test, vi } from 'vitest';
import { resolveBackend } from '../../../packages/runtime/src/engine/backends/backend.ts';
import { allocateControl } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { measureGflops } from '../../../packages/runtime/src/measurement/measure-gflops.ts';
import { runTriad } from '../../../packages/runtime/src/measurement/triad.ts';
import { programUrl } from '../../support/program-file.ts';

test.each([
  ['reference', 8],
  ['wasm', 256],
  ['auto', 256],
] as const)('the rate of %s is that of the median call within the time, or of one call', (name, B) => {
  const flops = 2 * B * 512 * 784;
  // The clock is read before the first call and after each.
  const rateOf = (budgetMs: number, ...readsMs: number[]): number => {
    const clock = vi.spyOn(performance, 'now');
    for (const ms of readsMs) clock.mockReturnValueOnce(ms);
    const gflops = measureGflops(resolveBackend(name), budgetMs);
    expect(clock).toHaveBeenCalledTimes(readsMs.length);
    clock.mockRestore();
    return gflops;
  };
  expect(rateOf(0, 10, 14)).toBe(flops / 4 / 1e6);
  expect(rateOf(9, 10, 15, 16, 19)).toBe(flops / 3 / 1e6); // calls of 5, 1 and 3 ms
});

test('the bandwidth of memory is that of the slowest thread in the best pass', async () => {
  const execArgv = [...process.execArgv, '--import', programUrl('counting-clock')];
  const pool = await createPool({ threads: 2, execArgv });
  onTestFinished(() => pool.destroy());
  // A pass of 3 arrays of 32 MiB takes 1 ms in one of the threads, and 2 in the other.
  const bytes = 3 * 32 * 1024 ** 2;
  expect(await measureBandwidth(pool, 2)).toBe(bytes / 2 / 1e6);
  expect([bytes / 1e6, bytes / 2 / 1e6]).toContain(await measureBandwidth(pool, 1));
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
