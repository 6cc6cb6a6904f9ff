import { viewOf } from '@gradloom/core/internal';
import { CONTROL, createBarrier } from '../engine/threads/barrier.ts';
import type { Task } from '../engine/threads/protocol.ts';

/** Task that measures barriers and reads of numbers that another thread wrote. */
export interface ExchangeTask extends Task<undefined> {
  readonly kind: 'exchange';
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
  readonly numbers: Float64Array<SharedArrayBuffer>; // [threads, N], N a multiple of 4
  readonly sums: Float64Array<SharedArrayBuffer>; // [threads] out; used, so that V8 does not remove the reads
  readonly times: Float64Array<SharedArrayBuffer>; // [rounds, threads, EXCHANGE_TIMES] ms, out
}

/** Times per round, each in ms: reading what another thread wrote, reading it again, and `BARRIERS` barriers. */
export const EXCHANGE_TIMES = 3;
/** Consecutive barriers in a round. */
export const BARRIERS = 100;

/** A thread's share of `measureExchange`: in each round it writes its own numbers, then reads its neighbour's twice. */
export function runExchange({ control, thread, threads, numbers, sums, times }: ExchangeTask, cores: number): void {
  const barrier = createBarrier(control, threads, cores);
  const N = numbers.length / threads;
  const threadNumbers = viewOf(numbers, thread * N, N);
  const others = viewOf(numbers, ((thread + 1) % threads) * N, N);
  const rounds = times.length / threads / EXCHANGE_TIMES;
  Atomics.add(control, CONTROL.checkedIn, 1);
  for (let round = 0; round < rounds; round++) {
    threadNumbers.fill(round);
    if (!barrier.arrive()) return;
    const startMs = performance.now();
    sums[thread] = sumOf(others);
    const readMs = performance.now();
    sums[thread] += sumOf(others);
    const againMs = performance.now();
    if (!barrier.arrive()) return; // waits until the neighbour has read, before the next round writes
    const barrierMs = performance.now();
    for (let k = 0; k < BARRIERS; k++) if (!barrier.arrive()) return;
    const endMs = performance.now();
    const row = (round * threads + thread) * EXCHANGE_TIMES;
    times[row] = readMs - startMs;
    times[row + 1] = againMs - readMs;
    times[row + 2] = endMs - barrierMs;
  }
}

/** Keeps four sums: a single one would wait for each addition, not for memory. */
function sumOf(x: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < x.length; i += 4) {
    a += x[i];
    b += x[i + 1];
    c += x[i + 2];
    d += x[i + 3];
  }
  return a + b + c + d;
}
