import type { NetworkSpec } from '@gradloom/core';
import { hasFusedWasm } from '@gradloom/core/internal';
import { train } from '@gradloom/runtime';
import { afterAll, expect, test, vi } from 'vitest';
import { resolveBackend } from '../../../packages/runtime/src/engine/backends/backend.ts';
import { randomDataset } from '../../support/random-dataset.ts';

// This process asks once, so no other test may ask before.
vi.stubEnv('GRADLOOM_UNFUSED', '1');
afterAll(() => vi.unstubAllEnvs());

const dataset = randomDataset({ rows: 64, inputs: 8, classes: 3 });
const spec: NetworkSpec = {
  input: 8,
  layers: [
    { kind: 'dense', out: 16 },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'dense', out: 3 },
  ],
};

test('without a fused multiply-add, WebAssembly trains unfused to the same bits on any number of threads', async () => {
  expect(hasFusedWasm()).toBe(false);
  expect(resolveBackend('wasm')).toEqual({ name: 'wasm', unfused: true });
  expect(resolveBackend('reference')).toEqual({ name: 'reference' });
  expect(resolveBackend('reference', { unfused: true })).toEqual({ name: 'reference', unfused: true });
  const run = async (backend: 'wasm' | 'reference', threads: number) => {
    const result = await train(spec, { train: dataset }, { steps: 20, batch: 32, threads, backend }).result;
    return [result.fingerprint, result.backend];
  };
  const [unfused, backend] = await run('wasm', 1);
  expect(backend).toEqual({ name: 'wasm', unfused: true });
  expect(await run('wasm', 3)).toEqual([unfused, backend]);
  const [fused] = await run('reference', 2);
  expect(fused).not.toBe(unfused);
});
