import { type BackendChoice, createPool, train } from '@gradloom/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../support/needs.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const part = (rows: number) => randomDataset({ rows, inputs: 4, classes: 3 });

// A place of a run goes from thread to thread, and each binds evaluation and steps in an order of its own.
for (const backend of ['reference', 'wasm', 'native'] satisfies BackendChoice[]) {
  test(
    `two runs at once on the threads of one pool have the bits of one alone, on ${backend}`,
    needs(backend),
    async () => {
      const pool = await createPool({ threads: 2 });
      onTestFinished(() => pool.destroy());
      const data = { train: part(20), validation: part(9) };
      const run = () =>
        train({ input: 4, layers: [{ kind: 'dense', out: 3 }] }, data, {
          batch: 8,
          epochs: 200,
          evaluateEvery: 1,
          backend,
          threads: 1,
          pool,
        });
      const { fingerprint } = await run();
      for (let k = 0; k < 4; k++) {
        const both = await Promise.all([run(), run()]);
        expect(both.map((result) => result.fingerprint)).toEqual([fingerprint, fingerprint]);
      }
    },
  );
}
