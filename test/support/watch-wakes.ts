import { appendFileSync } from 'node:fs';

/**
 * Loaded into the threads of a program by `--import`. Records in the file GRADLOOM_TEST_WAKES, one byte each, the
 * sleeps that ended by their time limit although their condition was met: nobody woke that thread.
 */
const path = process.env.GRADLOOM_TEST_WAKES ?? '';
const wait = Atomics.wait;

if (path !== '') {
  Atomics.wait = ((array: Int32Array, index: number, value: number, timeoutMs?: number) => {
    const end = wait(array, index, value, timeoutMs);
    if (end === 'timed-out' && Atomics.load(array, index) !== value) appendFileSync(path, '.');
    return end;
  }) as typeof Atomics.wait;
}
