import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createModel, dense, relu, saveModel, sequential } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { onlyInAll } from '../../support/count.ts';
import { weightsFor } from '../../support/every-layer.ts';

/** In an engine that makes no code at run time, and so has no WebAssembly. */
const jitless = (args: string) =>
  endOf(startProgram(args.split(' '), temporaryDirectory(), { nodeFlags: ['--jitless'] }));

const run = 'train --dataset xor --epochs 50 --no-out --json --backend';
const PROBLEM = 'this engine has no WebAssembly, expected it for every backend except reference';

test('without WebAssembly auto takes the reference with a warning, and trains to the bits of unfused WebAssembly', async () => {
  const unfused = startProgram(`${run} wasm`.split(' '), temporaryDirectory(), { env: { GRADLOOM_UNFUSED: '1' } });
  const [auto, elsewhere] = await Promise.all([jitless(`${run} auto`), endOf(unfused)]);
  expect(auto.stderr).toContain(`warning: backend auto uses reference, which is many times slower: ${PROBLEM}`);
  const [alone, beside] = [auto.stdout, elsewhere.stdout].map((text) => jsonLines(text).at(-1));
  expect({ ...alone, code: auto.code }).toMatchObject({
    code: 0,
    event: 'done',
    unfused: true,
    fingerprint: beside?.fingerprint,
  });
  expect(beside).toMatchObject({ backend: 'wasm', unfused: true });
  const fused = jsonLines((await gradloom(`${run} reference`.split(' '))).stdout).at(-1);
  expect(fused).not.toMatchObject({ fingerprint: beside?.fingerprint });
});

test.each(['wasm', ...onlyInAll('native', 'blas')])(
  'without WebAssembly %s is refused in a sentence',
  async (backend) => {
    const { code, stdout, stderr } = await jitless(`${run} ${backend}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`\ngradloom train: --backend ${backend} cannot run here: ${PROBLEM}`);
  },
);

test('without WebAssembly doctor says so, and that training runs', async () => {
  const { code, stdout } = await jitless('doctor');
  expect(stdout).toContain(`WebAssembly   none: ${PROBLEM}`);
  expect(stdout).toMatch(/\nreference +\d+\.\d +\d+\.\d {2}used by auto\nwasm +- +-\n/);
  expect(stdout).toContain('Training runs on plain TypeScript, many times slower');
  expect(code).toBe(0);
});

test('without WebAssembly a network of many products answers many rows, with the bits of each alone', async () => {
  const model = join(temporaryDirectory(), 'wide.gradloom');
  const spec = sequential(512, dense(1024), relu(), dense(2));
  saveModel(model, createModel({ spec, parameters: weightsFor(spec) }));
  // Short in the file, so that many are read at a time.
  const rows = Array.from({ length: 200 }, (_, n) => Array.from({ length: 512 }, (_, i) => (n + i) % 10));
  const answersOf = async (lines: readonly number[][]) => {
    const input = join(temporaryDirectory(), 'rows.jsonl');
    writeFileSync(input, lines.map((row) => JSON.stringify(row)).join('\n'));
    const { code, stdout, stderr } = await jitless(`predict ${model} ${input} --json`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return jsonLines(stdout).map(({ outputs }) => outputs);
  };
  const [all, last] = await Promise.all([rows, rows.slice(-1)].map(answersOf));
  expect(all).toHaveLength(rows.length);
  expect(all.at(-1)).toEqual(last[0]);
});
