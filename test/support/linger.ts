import { isMainThread } from 'node:worker_threads';
import { CONTROL } from '../../packages/runtime/src/engine/threads/barrier.ts';

/** An unused word of the control block. */
export const SIGN_OF_LIFE = 1;

/**
 * Loaded into the threads of a pool by `--import`: the first thread of a team to begin its task never returns, and
 * records in the control block that it runs; the others throw.
 */
if (!isMainThread) {
  const add = Atomics.add;
  Atomics.add = ((array: Int32Array, index: number, value: number) => {
    if (index !== CONTROL.checkedIn) return add(array, index, value);
    if (add(array, index, value) > 0) throw new Error('injected fault');
    for (;;) add(array, SIGN_OF_LIFE, 1);
  }) as typeof Atomics.add;
}
