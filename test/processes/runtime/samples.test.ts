import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { expect, test } from 'vitest';
import { compiledPackages } from '../../support/program-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/**
 * The `js` and `ts` of a page, top to bottom: one program, or of a page with several, `page#1`, one of its blocks. What
 * only a browser can run is marked `javascript`.
 */
function programOf(sample: string): string {
  const [page, block] = sample.split('#');
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```[jt]s\n(.*?)^```$/gms);
  const programs = [...blocks].map(([, code]) => code);
  return block === undefined ? programs.join('\n') : programs[Number(block)];
}

const samples: [page: string, says: RegExp][] = [
  ['README.md', /^\[ \{ prediction: 4[23]\d{4}\.\d+ \} \]\n(\d+ [\d.e-]+\n)*\[ 0, 1 \]\n$/],
  [
    'docs/library.md',
    /^1 0\.\d+\n(.*\n)*100 0\.\d+\nlayer .*\n0 +dense.*\n1 +relu\(16\) .*\n2 +dense.*\n\n82 parameters\n$/,
  ],
  ['docs/coming-from.md#0', /^accuracy (1|0\.[89]\d*)\nsetosa\n$/],
  [
    'docs/coming-from.md#1',
    /^layer (.*\n)*10 0\.\d+\ntest accuracy 0\.9\d+\nbest accuracy 0\.9\d+\n\[ 0 \]\n\[ 3, 3, 1, 16 \]\n$/,
  ],
  [
    'docs/graphs.md',
    /^layer +reads +output.*\n0 +conv2d.* input .*\n(.*\n)*\d[\d,]* parameters\n288\n16\n10\n\[ \{ prediction: \[ '7', '2', '5' \] \} \]\n\{\n +inside: \{ loss: 0\.\d+, accuracy: 0\.[89]\d*, f1: 0\.\d+ \},\n +distance: \{\n +loss.*\n +mae.*\n +rmse.*\n +r2: 0\.9.*\n +\}\n\}\n\d\.\d+\n\[\n( +'[#.]{8}',?\n){8}\]\n$/,
  ],
  ['docs/fine-tuning.md', /^0\.\d{3} 0\.\d{3}\n$/],
  ['packages/runtime/README.md', /^[\d.e-]+ [\da-f]{64}\n$/],
  ['packages/core/README.md', /^Float64Array\(1\) \[ -?[\d.]+ \]\n$/],
];
const fileOf = (page: string): string => page.replace(/\W/g, '-').concat('.ts');

/** A reader's folder, with the packages installed: TypeScript is strict there. */
const { path: folder, write } = temporaryFolder();
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
write('package.json', JSON.stringify({ type: 'module' }));
for (const [page] of samples) write(fileOf(page), programOf(page));
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  customConditions: ['@gradloom/source'],
  allowImportingTsExtensions: true,
  skipLibCheck: true, // the sources bring piscina's types along, which do not hold under exactOptionalPropertyTypes
};
write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));

/** Another, in which Node runs them. */
const runnable = temporaryFolder();
symlinkSync(compiledPackages(), join(runnable.path, 'node_modules'), 'dir');

test('the code of every page is TypeScript as it stands', async () => {
  for (const [page] of samples) expect(programOf(page)).toContain("from '@gradloom/");
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});

test.each(samples)('the code of %s runs', async (page, says) => {
  const { code } = await transform(programOf(page), { loader: 'ts' });
  const path = runnable.write(fileOf(page).replace('.ts', '.mjs'), code);
  const { stdout, stderr } = await run(process.execPath, [path], { cwd: runnable.path });
  expect(stderr).toBe('');
  expect(stdout).toMatch(says);
});

test('docs/library.md states the size of openModel in a browser, to 3 KB', async () => {
  const contents = "import { openModel } from '@gradloom/core'; globalThis.open = openModel;";
  const options = { bundle: true, minify: true, format: 'esm', write: false } as const;
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: root } });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  const [, stated] =
    /(\d+) KB when minified and gzipped by/.exec(readFileSync(join(root, 'docs/library.md'), 'utf8')) ?? [];
  expect(Math.abs(bytes / 1000 - Number(stated))).toBeLessThan(3);
});
