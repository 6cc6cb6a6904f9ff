import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { programFile } from '../../support/program-file.ts';

/** Pages that are written before they are read again: a byte that is lost shows a little later. */
const PAGES = 2048;

test('a thread that touches memory loses no number that another thread writes there meanwhile', async () => {
  const array = new Float64Array(new SharedArrayBuffer(PAGES * 4096));
  const bytes = new Uint8Array(array.buffer);
  const isDone = new Int32Array(new SharedArrayBuffer(4));
  const toucher = new Worker(programFile('touch-worker'), { workerData: { array, isDone } });
  const ended = once(toucher, 'exit');
  await once(toucher, 'message');
  let lost = 0;
  for (let k = 0; k < 3000; k++) {
    for (let page = 0; page < PAGES; page++) bytes[4096 * page] = k;
    for (let page = 0; page < PAGES; page++) if (Atomics.load(bytes, 4096 * page) !== (k & 255)) lost++;
  }
  Atomics.store(isDone, 0, 1);
  await ended;
  expect(lost).toBe(0);
});
