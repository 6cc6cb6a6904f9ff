import { appendFileSync, cpSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';
import { startRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { programFile, programUrl } from '../../support/program-file.ts';
import { endOf } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainCommand } from '../../support/train-on-ranks.ts';

const folder = temporaryFolder();
const args = [
  ...['--dataset', 'moons:rows=60', '--hidden', '256,256', '--epochs', '1'],
  ...['--no-out', '--json', '--threads', '1'],
];
const onRanks = [...args, '--cluster', 'mpi'];

/** Two ranks with a command each. A shell picks it: mpirun of Open MPI 5.0.7 crashes where it is told two. */
async function twoRanks(first: readonly string[], second: readonly string[]) {
  const script = `if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then exec "\${@:2:$1}"; else exec "\${@:2+$1}"; fi`;
  const words = ['bash', '-c', script, 'bash', String(first.length), ...first, ...second];
  return await endOf(startRanks('Open MPI', 2, words, folder.path));
}

const fingerprintOf = (text: string) => (jsonLines(text).at(-1) as { fingerprint: string }).fingerprint;

describe('ranks', needs('Open MPI', 'bash', 'koffi'), () => {
  test('of other code are refused', async () => {
    const program = programFile('program');
    const copy = join(temporaryDirectory(), 'other');
    cpSync(dirname(dirname(program)), copy, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
    symlinkSync(join(dirname(dirname(program)), 'node_modules'), join(copy, 'node_modules'));
    const other = join(copy, basename(dirname(program)));
    appendFileSync(join(other, 'worker.js'), '\n// another version\n');
    const { code, stderr } = await twoRanks(trainCommand(onRanks), [
      process.execPath,
      join(other, 'program.js'),
      'train',
      ...onRanks,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the code of gradloom has .* on rank 0 .* on rank 1 /);
  });

  test('of other versions of Node.js are refused', async () => {
    const later = [process.execPath, '--import', programUrl('other-node'), ...trainCommand(onRanks).slice(1)];
    const { code, stderr } = await twoRanks(trainCommand(onRanks), later);
    expect(code).toBe(1);
    expect(stderr).toMatch(/node version has "v\d+" on rank 0 .* "v99" on rank 1 /);
  });

  test('of which one cannot fuse products are refused', async () => {
    const wasm = trainCommand([...onRanks, '--backend', 'wasm']);
    const { code, stderr } = await twoRanks(wasm, ['env', 'GRADLOOM_UNFUSED=1', ...wasm]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/train: fused has true on rank 0 \(.*\), false on rank 1 \(.*\): expected the same on all/);
  });

  test('of backends with other bits are refused', needs('native', 'blas'), async () => {
    const without = [process.execPath, '--import', programUrl('no-machine-code'), ...trainCommand(onRanks).slice(1)];
    const { code, stderr } = await twoRanks(trainCommand(onRanks), without);
    expect(code).toBe(1);
    expect(stderr).toMatch(/train: backend has "built-in" on rank 0 .* "blas" on rank 1 /);
  });

  test('on machine code and on WebAssembly agree', needs('native'), async () => {
    // Of small networks auto takes WebAssembly, or machine code where only that fuses.
    const small = (words: readonly string[]) => words.map((word) => (word === '256,256' ? '8' : word));
    const command = trainCommand(small(onRanks));
    const { code, stdout, stderr } = await twoRanks(['env', 'GRADLOOM_UNFUSED=1', ...command], command);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const alone = await gradloom(['train', ...small(args)]);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ backend: 'native' });
    expect(jsonLines(alone.stdout).at(-1)).toMatchObject({ backend: 'wasm', fingerprint: fingerprintOf(stdout) });
  });

  test('with AVX-512 and with AVX2 agree', needs('native'), async () => {
    const native = [...onRanks, '--backend', 'native'];
    const narrow = [process.execPath, '--import', programUrl('no-avx512'), ...trainCommand(native).slice(1)];
    const { code, stdout, stderr } = await twoRanks(trainCommand(native), narrow);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const alone = await gradloom(['train', ...args, '--backend', 'native']);
    expect(fingerprintOf(stdout)).toBe(fingerprintOf(alone.stdout));
  });
});
