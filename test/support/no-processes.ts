import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, expect } from 'vitest';

/** Processes that the tests of this file tried to start; none was started. */
export const refused: unknown[] = [];

for (const name of ['exec', 'execFile', 'fork', 'spawn', 'execSync', 'execFileSync', 'spawnSync'] as const) {
  childProcess[name] = ((command: unknown) => {
    refused.push(command);
    throw new Error(`a test of test/unit starts a process (${command}), expected none: move the file to another kind`);
  }) as never;
}
syncBuiltinESMExports();

// A test may have caught the error.
afterAll(() => expect(refused).toEqual([]));
