import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endOf, startProgram, temporaryDirectory } from '../../support/command-line.ts';

/** The real process, on a machine that says it has so much memory free. */
const withMemory = (MiB: number, args: readonly string[]) =>
  endOf(
    startProgram(['train', '--backend', 'wasm', '--threads', '1', '--quiet', ...args], temporaryDirectory(), {
      preload: 'little-memory',
      env: { GRADLOOM_TEST_MEMORY: String(MiB * 1024 ** 2) },
    }),
  );

// Adam keeps 3 numbers a weight, the gradient is one, a state to go back to 3 and the result one: 8 of 8 bytes
// each. A run of two columns with a directory is looked at on its way, for the pictures of its report: 3 copies, and
// one that V8 may not have collected yet.
const wide = ['--dataset', 'moons', '--hidden', '1000,1000', '--steps', '1', '--no-out'];

test('a plan beyond the free memory is refused with its parts and the flag, before any thread or file', async () => {
  const out = join(temporaryDirectory(), 'run');
  const { code, stdout, stderr } = await withMemory(60, [...wide.slice(0, -1), '--out', out, '--on-nan', 'rollback']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    // The heap depends on what V8 allows itself.
    /^gradloom train: --hidden 1000,1000: the plan has \d+ MiB, expected at most 60 MiB \(what this machine has free\): parameters 8 MiB, gradients 8 MiB, optimizer state m 8 MiB, optimizer state v 8 MiB, activations of 1 thread 5 MiB, this thread's heap \d+ MiB, threads 18 MiB, copy of the state for faults 24 MiB, copy of the state for rollbacks 24 MiB, copies for looks 31 MiB, result 8 MiB\n$/,
  );
  expect(existsSync(out)).toBe(false);
});

test('the same plan runs where there is room for it', async () => {
  expect(await withMemory(200, wide)).toMatchObject({ code: 0, stderr: '' });
});

test('rows beyond the free memory are refused too', async () => {
  const { code, stderr } = await withMemory(60, ['--dataset', 'spirals:rows=2000000', '--no-out']);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'gradloom train: --dataset spirals: rows has 2000000, which need 92 MiB of memory, expected at most 60 MiB (what this machine has free)\n',
  );
});
