import { isMainThread, threadId } from 'node:worker_threads';
import { CONTROL } from '../../packages/runtime/src/barrier.ts';

/**
 * Loaded into the threads of a pool by `--import`: lets one of them fail in the middle of a span, at a given arrival at the
 * barrier. GRADLOOM_TEST_FAULT is '<throw or exit>:<arrivals>'; of two threads started together it is one.
 */
const [kind, arrivals] = (process.env.GRADLOOM_TEST_FAULT ?? ':').split(':');
const add = Atomics.add;
let left = Number(arrivals);

if (!isMainThread && kind !== '' && threadId % 2 === 0) {
  Atomics.add = ((array: Int32Array, index: number, value: number) => {
    if (index === CONTROL.count && --left === 0) {
      if (kind === 'throw') throw new Error('injected fault');
      process.exit(7);
    }
    return add(array, index, value);
  }) as typeof Atomics.add;
}
