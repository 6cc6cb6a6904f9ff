import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  defaultLeafRows,
  leafCount,
  MAX_LEAVES,
  planTeam,
  sizeOfPlan,
} from '../../../../../packages/core/src/math/tree/index.ts';
import { maxPasses, teamOptions, trainingPassRows } from '../../../../../packages/runtime/src/engine/step/team-part.ts';
import { counted } from '../../../../support/count.ts';
import { propertySeed } from '../../../../support/seed.ts';

test(`no team takes a batch, or a shorter one, in more passes a thread than memory is for (seed ${propertySeed})`, () => {
  const rows = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 601, max: 9000 }));
  const threads = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 300 }));
  const backend = fc.constantFrom('wasm' as const, 'blas' as const);
  const check = fc.property(
    rows,
    fc.nat(),
    threads,
    backend,
    fc.constantFrom(1, 16, 100, 256),
    (batch, less, threads, backend, rowsAtOnce) => {
      const lastBatch = 1 + (less % batch);
      const shape = { backend, batch, lastBatch, leafRows: defaultLeafRows(batch), rowsAtOnce, couples: true };
      const limit = maxPasses(shape);
      for (const rows of [batch, lastBatch]) {
        expect(sizeOfPlan(teamOptions(shape, rows, threads, false)).passes).toBeLessThanOrEqual(limit);
      }
    },
  );
  fc.assert(check, { seed: propertySeed, numRuns: counted(3000, 30_000) });
});

test.each([1, 2, 4, 8, 16, 32, 64])(
  'a pass of leaves of %i rows has at most as many leaves as kernels take',
  (leaf) => {
    const shape = {
      backend: 'wasm' as const,
      batch: 700,
      lastBatch: 700,
      leafRows: leaf,
      rowsAtOnce: 256,
      couples: false,
    };
    const { passes } = planTeam(teamOptions(shape, 700, 1, false));
    expect(Math.max(...passes[0].map(({ count }) => count))).toBeLessThanOrEqual(MAX_LEAVES);
    expect(leafCount(trainingPassRows(shape), leaf)).toBeLessThanOrEqual(MAX_LEAVES);
  },
);
