import { join } from 'node:path';
import { TrainingError, train } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { openBrowserRun } from '../../../packages/runtime/src/browser.ts';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { randomRun } from '../../support/random-run.ts';
import { propertySeed } from '../../support/seed.ts';

// Before the first look at WebAssembly: in this file it has no fused multiply-add.
vi.hoisted(() => {
  process.env.GRADLOOM_UNFUSED = '1';
});

const pool = await poolOfFile(3);
afterAll(() => {
  delete process.env.GRADLOOM_UNFUSED;
});

test(`any run has the bits of the unfused definitions on any threads (seed ${propertySeed})`, async () => {
  const check = fc.asyncProperty(randomRun, async ({ spec, dataset, options }) => {
    const definitions = { name: 'reference', unfused: true } as const;
    for (const threads of [1, 2, 3]) {
      const run = train(spec, { train: dataset }, { ...options, threads, backend: 'wasm', pool });
      // Where it stops at a number that is not finite, it hands over the state before that step.
      const { step, parameters } = await run.then(
        ({ steps, parameters }) => ({ step: steps, parameters }),
        (error) => (error instanceof TrainingError ? error : Promise.reject(error)),
      );
      if (step > 0) expect(parameters).toEqual(oracle(spec, dataset, options, definitions, step).parameters);
    }
  });
  await fc.assert(check, { seed: propertySeed, numRuns: counted(6, 500) });
}, 1_200_000);

test('unfused products have other bits than fused ones', () => {
  const dataset = randomDataset({ rows: 40, inputs: 4, classes: 3 });
  const options = { batch: 16, steps: 9, seed: 1 };
  const spec = { input: 4, layers: [{ kind: 'dense', out: 3 } as const] };
  const of = (backend: Parameters<typeof oracle>[3]) => oracle(spec, dataset, options, backend).parameters;
  expect(of(resolveBackend('wasm'))).toEqual(of({ name: 'reference', unfused: true }));
  expect(of(resolveBackend('wasm'))).not.toEqual(of({ name: 'reference' }));
});

test('a checkpoint of fused products is refused by unfused WebAssembly in a sentence, and goes on on plain code', async () => {
  const data = { train: randomDataset({ rows: 20, inputs: 4, classes: 3 }) };
  const spec = { input: 4, layers: [{ kind: 'dense', out: 3 } as const] };
  const options = { batch: 8, epochs: 4, pool };
  const whole = await checkpointedRun(spec, data, { ...options, backend: 'reference' }, 1);
  expect(whole.result.backend).toEqual({ name: 'reference', fused: true });
  const resume = whole.checkpoints[1];
  await expect(train(spec, data, { ...options, resume, backend: 'wasm' })).rejects.toThrow(
    /^train: the products of WebAssembly are unfused here, expected fused ones as in the checkpoint [^:]*: a resume continues the same run$/,
  );
  const { fingerprint } = await train(spec, data, { ...options, resume });
  expect(fingerprint).toBe(whole.result.fingerprint);
});

test('an unfused checkpoint goes on unfused, and native refuses it', needs('native'), async () => {
  const data = { train: randomDataset({ rows: 20, inputs: 4, classes: 3 }) };
  const spec = { input: 4, layers: [{ kind: 'dense', out: 3 } as const] };
  const options = { batch: 8, epochs: 4, pool };
  const { checkpoints, result } = await checkpointedRun(spec, data, { ...options, backend: 'wasm' }, 1);
  const [resume] = checkpoints;
  expect(resume.record.backend).toEqual({ name: 'wasm', fused: false });
  for (const backend of ['reference', 'wasm', 'auto'] as const) {
    const { fingerprint, backend: resumedBackend } = await train(spec, data, { ...options, resume, backend });
    expect([fingerprint, resumedBackend.fused]).toEqual([result.fingerprint, false]);
  }
  await expect(train(spec, data, { ...options, resume, backend: 'native' })).rejects.toThrow(
    'train: backend has native, but products of the checkpoint are unfused, expected reference, wasm or auto',
  );
});

test('a run of a browser says that it is unfused, and has the bits of wasm', async () => {
  const rows = randomDataset({ rows: 20, inputs: 4, classes: 3 });
  const spec = { input: 4, layers: [{ kind: 'dense', out: 3 } as const] };
  const shared = { batch: 8, seed: 1, precision: 'float64', loss: 'softmax-cross-entropy', optimizer: 'adam' } as const;
  const run = await openBrowserRun(spec, rows, { ...shared, totalSteps: 6 });
  while (run.steps < 6) run.advance(6 - run.steps);
  const { fingerprint } = await train(spec, { train: rows }, { ...shared, steps: 6, backend: 'wasm', pool });
  expect([run.fused, run.fingerprint()]).toEqual([false, fingerprint]);
  run.close();
});

test('auto takes machine code for small networks, whose products are fused', needs('native'), async () => {
  expect(resolveBackend('auto')).toEqual({ name: 'native' });
  const { stdout } = await gradloom(['train', '--dataset', 'xor', '--epochs', '3', '--no-out']);
  expect(stdout).toMatch(/^backend +native, float64$/m);
});

test('output and files say unfused, and a model of fused products is measured with a sentence', async () => {
  const folder = temporaryDirectory();
  const xor = ['train', '--dataset', 'xor', '--epochs', '3', '--out'];
  const { stdout } = await gradloom([...xor, join(folder, 'wasm'), '--backend', 'wasm']);
  expect(stdout).toMatch(/^wasm, unfused on .*float64, seed 0$/m);
  expect(stdout).toMatch(/^backend +wasm, unfused, float64$/m);
  const { stdout: lines } = await gradloom([...xor, join(folder, 'json'), '--backend', 'wasm', '--json']);
  expect(jsonLines(lines).at(-1)).toMatchObject({ backend: 'wasm', unfused: true });
  await gradloom([...xor, join(folder, 'fused'), '--backend', 'reference']);
  const measure = (name: string) => gradloom(['evaluate', join(folder, name), '--backend', 'wasm']);
  expect((await measure('wasm')).stderr).toBe('');
  expect((await measure('fused')).stderr).toBe(
    'gradloom evaluate: warning: the model was trained with fused products, this evaluation has unfused ones: they differ by rounding\n',
  );
  expect((await gradloom(['doctor'])).stdout).toMatch(/^WebAssembly +yes, with SIMD, unfused: no fused multiply-add$/m);
});
