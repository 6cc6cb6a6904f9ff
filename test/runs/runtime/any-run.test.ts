import {
  type BackendChoice,
  type Dataset,
  dense,
  fingerprint,
  relu,
  sequential,
  TrainingError,
  train,
} from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sharedArrays } from '../../../packages/runtime/src/data/number-types.ts';
import { counted } from '../../support/count.ts';
import { fillHardValues, valueMixes } from '../../support/hard-values.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { MOST_THREADS, type RandomRun, randomRun, takesIndices } from '../../support/random-run.ts';
import { propertySeed } from '../../support/seed.ts';

const pool = await poolOfFile(MOST_THREADS);

/** Where a run stops at a number that is not finite, it hands over the state before that step. */
async function outcome({ spec, dataset, options, threads }: RandomRun, backend: BackendChoice) {
  try {
    const { steps, parameters } = await train(spec, { train: dataset }, { ...options, threads, backend, pool });
    return { steps, parameters, message: '' };
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    return { steps: error.step, parameters: error.parameters, message: error.message };
  }
}

/** Runs of floats on inputs that look for trouble; an embedding takes none of them. */
const hardRun: fc.Arbitrary<RandomRun> = fc
  .record({
    run: randomRun.filter(({ spec }) => !takesIndices(spec)),
    mix: fc.constantFrom(...valueMixes),
    seed: fc.nat(),
    scale: fc.constantFrom(1e-30, 1e-6, 1, 1e6, 1e30), // to subnormals, and beyond the largest float
  })
  .map(({ run, mix, seed, scale }) => {
    const { inputs } = run.dataset;
    const array = sharedArrays.float64(inputs.array.length);
    fillHardValues(array, mix, seed, 'float32');
    for (let i = 0; i < array.length; i++) array[i] = Math.fround(array[i] || 0) * scale; // without NaN
    const dataset = { ...run.dataset, inputs: { ...inputs, array } };
    return { ...run, dataset, options: { ...run.options, precision: 'float32' } };
  });

describe.each<[BackendChoice, BackendChoice]>([
  ['reference', 'reference'],
  ['wasm', 'reference'],
  ['native', 'native'],
  ['blas', 'blas'],
])('any run on %s', (backend, oracleOn) => {
  const title = `has the bits of whole steps in one thread on ${oracleOn} (seed ${propertySeed})`;
  test(title, { ...needs(backend), timeout: 1_200_000 }, async () => {
    const check = fc.asyncProperty(randomRun, async (run) => {
      const { steps, parameters } = await outcome(run, backend);
      const { spec, dataset, options } = run;
      const expected = oracle(spec, dataset, options, resolveBackend(oracleOn), steps);
      expect(fingerprint(parameters)).toBe(fingerprint(expected.parameters));
    });
    await fc.assert(check, { seed: propertySeed, numRuns: counted(4, 2500) });
  });

  const hardTitle = `ends in the same bits and the same sentence on any threads from numbers at the ends of float32`;
  test(`${hardTitle} (seed ${propertySeed})`, { ...needs(backend), timeout: 1_200_000 }, async () => {
    const check = fc.asyncProperty(hardRun, async (run) => {
      const [{ steps, parameters, message }, ...others] = [
        await outcome(run, backend),
        await outcome({ ...run, threads: 1 }, backend),
        await outcome({ ...run, threads: 3 }, backend),
      ];
      for (const other of others) {
        expect([other.steps, other.message]).toEqual([steps, message]);
        expect(fingerprint(other.parameters)).toBe(fingerprint(parameters));
      }
      // Before the first step an average of the weights is these, which a step by itself does not know.
      if (steps === 0 && run.options.ema !== undefined) return;
      const expected = oracle(run.spec, run.dataset, run.options, resolveBackend(oracleOn), steps);
      expect(fingerprint(parameters)).toBe(fingerprint(expected.parameters));
    });
    await fc.assert(check, { seed: propertySeed, numRuns: counted(1, 250) });
  });
});

describe.each<[BackendChoice, BackendChoice]>([
  ['wasm', 'reference'],
  ['native', 'native'],
])('rows that are mostly 0, in leaves of lists of their own, on %s', (backend, oracleOn) => {
  test(`end in the bits of whole steps on ${oracleOn}`, needs(backend), async () => {
    const [rows, columns] = [112, 130];
    const inputs = sharedArrays.uint8(rows * columns);
    // A stroke of a fifth of the columns, at another place in each row.
    for (let i = 0; i < inputs.length; i++) {
      inputs[i] = ((i % columns) + 7 * Math.floor(i / columns)) % columns < columns / 5 ? 1 + (i % 255) : 0;
    }
    const targets = sharedArrays.uint8(rows);
    for (let n = 0; n < rows; n++) targets[n] = n % 3;
    const dataset: Dataset = {
      name: 'strokes',
      rows,
      classes: 3,
      inputs: { array: inputs, columns, divisor: 255 },
      targets: { array: targets, columns: 1, divisor: 1 },
    };
    const spec = sequential(columns, dense(40), relu(), dense(3));
    const options = { batch: 56, steps: 30, seed: 1, loss: 'softmax-cross-entropy' } as const;
    const expected = oracle(spec, dataset, options, resolveBackend(oracleOn), options.steps);
    for (const threads of [1, 3]) {
      const { parameters } = await train(spec, { train: dataset }, { ...options, threads, backend, pool });
      expect(fingerprint(parameters), `${threads} threads`).toBe(fingerprint(expected.parameters));
    }
  });
});
