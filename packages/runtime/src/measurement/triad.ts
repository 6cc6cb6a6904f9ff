import { viewOf } from '@gradloom/core/internal';
import { CONTROL, createBarrier } from '../engine/threads/barrier.ts';
import type { Task } from '../engine/threads/protocol.ts';

/** Task that moves memory and measures how fast. */
export interface TriadTask extends Task<undefined> {
  readonly kind: 'triad';
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
  readonly arrays: Float64Array<SharedArrayBuffer>; // [3, N]
  readonly times: Float64Array<SharedArrayBuffer>; // [passes, threads] ms, out
}

/** A thread's share of `measureBandwidth`: all threads start each pass together. */
export function runTriad({ control, thread, threads, arrays, times }: TriadTask, cores: number): void {
  const barrier = createBarrier(control, threads, cores);
  const N = arrays.length / 3;
  const from = Math.floor((thread * N) / threads);
  const to = Math.floor(((thread + 1) * N) / threads);
  const [a, b, c] = [0, 1, 2].map((k) => viewOf(arrays, k * N + from, to - from));
  Atomics.add(control, CONTROL.checkedIn, 1);
  triad(a, b, c, 0.5);
  for (let pass = 0; pass < times.length / threads; pass++) {
    if (!barrier.arrive()) return;
    const startMs = performance.now();
    triad(a, b, c, 0.5);
    times[pass * threads + thread] = performance.now() - startMs;
  }
}

/** a[i] = b[i] + s · c[i]. */
function triad(a: Float64Array, b: Float64Array, c: Float64Array, s: number): void {
  for (let i = 0; i < a.length; i++) a[i] = b[i] + s * c[i];
}
