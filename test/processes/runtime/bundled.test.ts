import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundleProgram } from '../../support/bundle-program.ts';
import { temporaryDirectory } from '../../support/command-line.ts';
import { fromSources } from '../../support/from-sources.ts';
import { outcomeOf } from '../../support/outcome-of.ts';

const support = (name: string): string => fileURLToPath(new URL(`../../support/${name}`, import.meta.url));
const advice = '(if a bundler has included it, mark @gradloom/* as external)';

test('with @gradloom/* external a bundle trains to the bits of the program itself', async () => {
  const file = await bundleProgram(support('train-small.ts'), temporaryDirectory(), { external: [/^@gradloom\//] });
  const [bundled, plain] = await Promise.all(
    [file, support('train-small.ts')].map((path) => outcomeOf(process.execPath, ...fromSources, path, 'wasm', '2')),
  );
  expect(bundled).toEqual({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/), stderr: '' });
  expect(bundled).toEqual(plain);
});

test('a bundle that has taken the packages in says what its threads lack, and how to bundle', async () => {
  const file = await bundleProgram(support('train-small.ts'), temporaryDirectory());
  const { code, stderr } = await outcomeOf(process.execPath, file, 'wasm', '2');
  const lacks = `runtime: ./worker.cjs is not found from ${file}, expected @gradloom/runtime as it is installed`;
  expect({ code, stderr }).toEqual({ code: 1, stderr: `${lacks} ${advice}\n` });
});

test('a bundle that only predicts needs no other file', async () => {
  const file = await bundleProgram(support('predict-small.ts'), temporaryDirectory(), { alone: true });
  expect(await outcomeOf(process.execPath, file)).toEqual({ code: 0, stdout: '7\n', stderr: '' });
});
