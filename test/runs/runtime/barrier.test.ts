import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import {
  abortTeam,
  allocateControl,
  CONTROL,
  createBarrier,
  resetControl,
} from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { onlyInAll } from '../../support/count.ts';
import { programFile } from '../../support/program-file.ts';

const entry = programFile('barrier-worker');

/** Real threads that add to one plain number in turns, kept apart by the barrier alone. */
function startTeam(control: Int32Array<SharedArrayBuffer>, threads: number, cores: number, rounds: number) {
  const shared = new Float64Array(new SharedArrayBuffer(8 * (threads + 1)));
  const workers = Array.from({ length: threads }, (_, thread) => {
    return new Worker(entry, { workerData: { control, threads, cores, rounds, thread, shared } });
  });
  const ends = workers.map(
    (worker) =>
      new Promise<string>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  return { shared, ends };
}

describe.each([
  ['spinning', 64],
  ['sleeping', 0],
])('a %s barrier', (_name, cores) => {
  test.each([2, 5, ...onlyInAll(1, 3)])('lets %i threads see what the last one wrote, every round', async (threads) => {
    const control = allocateControl();
    resetControl(control);
    const { shared, ends } = startTeam(control, threads, cores, 300);
    expect(await Promise.all(ends)).toEqual(Array.from({ length: threads }, () => 'done'));
    expect(shared[threads]).toBe(300);
    expect([...shared.subarray(0, threads)]).toEqual(Array.from({ length: threads }, () => 300));
  });

  test('releases every thread when aborted, sleepers and latecomers too', async () => {
    const control = allocateControl();
    resetControl(control);
    const { ends } = startTeam(control, 3, cores, Number.POSITIVE_INFINITY);
    while (Atomics.load(control, CONTROL.generation) < 20) await new Promise((resolve) => setImmediate(resolve));
    abortTeam(control);
    expect(await Promise.all(ends)).toEqual(['aborted', 'aborted', 'aborted']);
    expect(createBarrier(control, 3, cores).arrive()).toBe(false);
  });
});
