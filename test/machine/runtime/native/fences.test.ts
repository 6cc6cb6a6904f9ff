import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { counted } from '../../../support/count.ts';
import { everyExtension } from '../../../support/installed-extensions.ts';
import { needs } from '../../../support/needs.ts';
import { programFile } from '../../../support/program-file.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const inWasm = ['wasm float64', 'wasm float32'];

/** What ran by this command to its end; throws what ran last if that ended the process. */
async function runFenced(command: string, runs: number): Promise<unknown> {
  const note = join(folder.path, 'last.txt');
  try {
    const args = [programFile('fenced-kernels'), note, String(runs), String(propertySeed)];
    return JSON.parse((await promisify(execFile)(command, args)).stdout);
  } catch (error) {
    const { code, signal, stderr } = error as Record<'code' | 'signal' | 'stderr', string>;
    throw new Error(`${signal ?? code} in ${readFileSync(note, 'utf8')}\n${stderr}`);
  }
}

describe(`between pages that nobody may touch (seed ${propertySeed})`, () => {
  test('no kernel reads or writes beyond the ends of an array', { ...needs('native'), timeout: 600_000 }, async () => {
    const here = everyExtension.flatMap(({ name, type, code }) => (code === null ? [] : `${name} ${type}`));
    expect(await runFenced(process.execPath, counted(4, 300))).toEqual([...inWasm, ...here]);
  });

  test('nor does one of arm64', { ...needs('arm64'), timeout: 600_000 }, async () => {
    const node = process.env.GRADLOOM_ARM64_NODE ?? '';
    expect(await runFenced(node, counted(1, 30))).toEqual([...inWasm, 'neon float64', 'neon float32']);
  });
});
