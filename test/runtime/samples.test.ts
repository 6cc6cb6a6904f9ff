import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/command-line.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The JavaScript and TypeScript of a page, top to bottom: one program. */
function programOf(page: string): string {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```[jt]s\n(.*?)^```$/gms);
  return [...blocks].map(([, code]) => code).join('\n');
}

/** A reader's folder, with the packages installed: TypeScript is strict there. */
function folderWith(program: string): string {
  const folder = temporaryDirectory();
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'program.ts'), program);
  const options = {
    ...{ target: 'es2023', lib: ['es2023'], module: 'nodenext', types: ['node'], strict: true, noEmit: true },
    ...{ exactOptionalPropertyTypes: true, customConditions: ['@gradloom/source'], allowImportingTsExtensions: true },
    skipLibCheck: true, // the sources bring piscina's types along, which do not hold under exactOptionalPropertyTypes
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['program.ts'] }));
  return folder;
}

const samples: [page: string, says: RegExp][] = [
  ['README.md', /^(\d+ [\d.e-]+\n)*\[ 0, 1 \]\n$/],
  ['docs/library.md', /^1 0\.\d+\n(.*\n)*100 0\.\d+\n$/],
  ['packages/runtime/README.md', /^[\d.e-]+ [\da-f]{64}\n$/],
  ['packages/core/README.md', /^Float64Array\(1\) \[ -?[\d.]+ \]\n$/],
];

test.each(samples)('the code of %s is TypeScript as it stands, and runs', async (page, says) => {
  const program = programOf(page);
  expect(program).toContain("from '@gradloom/");
  const folder = folderWith(program);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const checked = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error);
  expect(checked.stdout).toBe('');
  const { stdout, stderr } = await run(process.execPath, [...process.execArgv, 'program.ts'], { cwd: folder });
  expect(stderr).toBe('');
  expect(stdout).toMatch(says);
});
