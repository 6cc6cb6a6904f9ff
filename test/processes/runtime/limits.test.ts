import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram } from '../../support/bundle-program.ts';
import { needs, skipFor } from '../../support/needs.ts';
import { outcomeOf } from '../../support/outcome-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const support = (name: string): string => fileURLToPath(new URL(`../../support/${name}`, import.meta.url));

const [folder, folderOfPool] = [temporaryFolder().path, temporaryFolder().path];
let program: string;
beforeAll(async () => {
  chmodSync(folder, 0o755); // for another user
  program = await bundleProgram(support('train-small.ts'), folder, { worker: true });
});

/** Trains in a process with so much address space, as `ulimit -v` sets it. */
const within = (kibibytes: number | 'unlimited', backend: string, threads = 2) =>
  outcomeOf(
    'bash',
    ...['-c', `ulimit -v ${kibibytes} && exec "$@"`, 'bash'],
    ...[process.execPath, program, backend, String(threads)],
  );

describe('the address space of a process (ulimit -v)', needs('addressSpace', 'bash', 'prlimit'), () => {
  test('without room for a memory of WebAssembly is refused with the limit, and is enough for the reference', async () => {
    const refused = await within(5_000_000, 'wasm');
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^train: the address space has 4883 MiB \(ulimit -v\), \d+ MiB of them taken, expected room for 10240 MiB, which WebAssembly may reserve for a memory of any size \(.*backend reference.*\)\n$/,
      ),
    });
    const [narrow, wide] = await Promise.all([within(5_000_000, 'reference'), within('unlimited', 'reference')]);
    expect(narrow).toEqual({ code: 0, stdout: wide.stdout, stderr: '' });
  });

  test('without room for threads, where V8 would end the process, is refused with the limit', async () => {
    expect(await within(5_000_000, 'reference', 16)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^createPool: the address space has 4883 MiB .*, expected room for \d+ MiB, which V8 may reserve for 16 threads \(.*\)\n$/,
      ),
    });
  });

  test('with room for one memory of WebAssembly trains on several threads at the first try', async () => {
    const [narrow, wide] = await Promise.all([within(16_000_000, 'wasm'), within('unlimited', 'wasm')]);
    expect(narrow).toEqual({ code: 0, stdout: wide.stdout, stderr: '' });
  });

  test('of a pool that has to start new threads: every waiting run gets an error, and later ones go on', async () => {
    const starved = await bundleProgram(support('starved-pool.ts'), folderOfPool, { worker: true });
    const { code, stdout, stderr } = await outcomeOf(process.execPath, starved);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const sentence = /^createPool: the address space has .* which V8 may reserve for 2 threads/;
    expect(JSON.parse(String(stdout))).toEqual([expect.stringMatching(sentence), expect.stringMatching(sentence)]);
  });
});

// A limit of processes binds a user, and not root.
const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const pieces = [process.execPath, support('../../packages/runtime/node_modules/piscina/package.json')];
const canBeNobody = (): boolean =>
  pieces.every((path) => spawnSync('setpriv', [...asNobody, 'test', '-r', path]).status === 0);

describe('threads that the system does not let begin', () => {
  test('are counted, with the limit, and started ones are ended', needs('prlimit'), async (context) => {
    if (!canBeNobody()) skipFor(context, 'nobody', 'setpriv cannot start a process of one that reads this checkout');
    // Node has some ten of its own.
    const limited = ['prlimit', '--nproc=20', process.execPath, program];
    expect(await outcomeOf('setpriv', ...asNobody, ...limited, 'reference', '40')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^createPool: threads has 40, expected at most [1-9]\d? \(the system refused the next one with EAGAIN; take fewer, or raise the limit \(ulimit -u has 20.*\)\n$/,
      ),
    });
  });
});
