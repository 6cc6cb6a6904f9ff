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

test('a bundle that only predicts needs no more than the kernels of @gradloom/core', async () => {
  const [beside, alone] = await Promise.all(
    [false, true].map(async (alone) => {
      const file = await bundleProgram(support('predict-small.ts'), temporaryDirectory(), { alone });
      return { file, ...(await outcomeOf(process.execPath, file)) };
    }),
  );
  expect(beside).toMatchObject({ code: 0, stdout: '7\n', stderr: '' });
  const lacks = `runtime: @gradloom/core/kernels.wasm is not found from ${alone.file}, expected @gradloom/runtime`;
  expect(alone).toMatchObject({ code: 1, stdout: '', stderr: `${lacks} as it is installed ${advice}\n` });
});
