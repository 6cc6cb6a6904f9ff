import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partsOf } from '../../../packages/runtime/src/engine/evaluation/evaluate-dataset.ts';
import { TALLIES } from '../../../packages/runtime/src/engine/evaluation/tally.ts';
import { EVALUATION_ROWS } from '../../../packages/runtime/src/engine/memory/thread-scratch.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const WIDTH = 3; // numbers of a row of outputs
const dataset = randomDataset({ rows: 1, inputs: 1, classes: 2 }); // which is only handed on

/** 0, 1, 2, ... */
const numbers = (length: number): Float64Array<SharedArrayBuffer> => {
  const shared = new Float64Array(new SharedArrayBuffer(8 * length));
  shared.set(shared.map((_, k) => k));
  return shared;
};

test('ranks take the chunks of an evaluation in order, as many as are the share of their threads', () => {
  const threads = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: EVALUATION_ROWS }),
      threads,
      (full, last, of) => {
        const rows = (full - 1) * EVALUATION_ROWS + last;
        const outputs = numbers(rows * WIDTH);
        const tallies = numbers(full * TALLIES);
        const parts = partsOf({ dataset, first: 7, rows, outputs, tallies }, full, of, WIDTH);
        const all = of.reduce((sum, count) => sum + count, 0);
        let next = 7; // row
        for (const [rank, part] of parts.entries()) {
          expect(part.first).toBe(next);
          next += part.rows;
          expect(Math.abs(part.tallies.length / TALLIES - (full * of[rank]) / all)).toBeLessThan(1);
          expect(part.tallies.length).toBe(TALLIES * Math.ceil(part.rows / EVALUATION_ROWS));
        }
        expect(next).toBe(7 + rows);
        expect(parts.flatMap((part) => [...(part.outputs ?? [])])).toEqual([...outputs]);
        expect(parts.flatMap((part) => [...part.tallies])).toEqual([...tallies]);
      },
    ),
    { numRuns: 60 },
  );
});
