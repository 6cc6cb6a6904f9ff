import { parentPort, workerData } from 'node:worker_threads';
import { touchPages } from '../../packages/runtime/src/engine/threads/opening.ts';

/** Touches the same number again and again until `isDone[0]` is 1. */
const { array, isDone } = workerData as { array: Float64Array; isDone: Int32Array };

parentPort?.postMessage('started');
while (Atomics.load(isDone, 0) === 0) touchPages(array);
