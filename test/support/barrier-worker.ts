import { parentPort, workerData } from 'node:worker_threads';
import { createBarrier } from '../../packages/runtime/src/engine/threads/barrier.ts';

/** Repeats: write its own number, wait at the barrier, have the last thread check and count, wait again. */
const { control, threads, cores, rounds, thread, shared } = workerData as {
  control: Int32Array;
  threads: number;
  cores: number;
  rounds: number;
  thread: number;
  shared: Float64Array; // [threads] own numbers, then the count of the rounds
};

function run(): string {
  const barrier = createBarrier(control, threads, cores);
  for (let round = 1; round <= rounds; round++) {
    shared[thread] = round;
    const together = barrier.arrive(() => {
      if (shared.subarray(0, threads).every((value) => value === round)) shared[threads] = round;
    });
    if (!together) return 'aborted';
    if (shared[threads] !== round) return `round ${round}: the count has ${shared[threads]}`;
    if (!barrier.arrive()) return 'aborted';
  }
  return 'done';
}

parentPort?.postMessage(run());
