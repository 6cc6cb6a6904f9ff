import {
  type BackendChoice,
  createPool,
  fingerprint,
  type Pool,
  resolveBackend,
  TrainingError,
  train,
} from '@gradloom/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oracle } from '../support/oracle.ts';
import { type RandomRun, randomRun } from '../support/random-run.ts';
import { propertySeed } from '../support/seed.ts';

let pool: Pool;
beforeAll(async () => {
  pool = await createPool({ threads: 9 });
});
afterAll(() => pool.destroy());

/** Where a run stops at a number that is not finite, it hands over the state before that step. */
async function outcome({ spec, dataset, options, threads }: RandomRun, backend: BackendChoice) {
  try {
    const { steps, parameters } = await train(spec, { train: dataset }, { ...options, threads, backend, pool }).result;
    return { steps, parameters };
  } catch (error) {
    if (error instanceof TrainingError) return { steps: error.step, parameters: error.parameters };
    throw error;
  }
}

test.each<[BackendChoice, BackendChoice]>([
  ['wasm', 'reference'],
  ['native', 'native'],
  ['blas', 'blas'],
])(
  `any run on %s has the bits of whole steps in one thread on %s (seed ${propertySeed})`,
  async (backend, oracleOn) => {
    const check = fc.asyncProperty(randomRun, async (run) => {
      const { steps, parameters } = await outcome(run, backend);
      const { spec, dataset, options } = run;
      const expected = oracle(spec, dataset, options, resolveBackend(oracleOn), steps);
      expect(fingerprint(parameters)).toBe(fingerprint(expected.parameters));
    });
    await fc.assert(check, { seed: propertySeed, numRuns: 60 });
  },
);
