import { createPool, dense } from '@gradloom/runtime';
import { measureExchange, planStepWork } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { abortTeam, allocateControl } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { BARRIERS, runExchange } from '../../../packages/runtime/src/measurement/exchange.ts';
import { exchangeOf } from '../../../packages/runtime/src/measurement/measure-exchange.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const data = { train: randomDataset({ rows: 3000, inputs: 9, classes: 3 }) };
const spec = { input: 9, layers: [dense(700), dense(3)] };

test('the threads of a team share all rows and parameters of a step', () => {
  const P = 10 * 700 + 701 * 3;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 80 }), (batch, threads) => {
      const work = planStepWork(spec, data, { batch, backend: 'wasm' });
      const team = work.threadsOf(threads);
      const sum = (of: (thread: (typeof team)[number]) => number) => team.reduce((all, one) => all + of(one), 0);
      expect(team).toHaveLength(threads);
      expect(sum(({ rows }) => rows)).toBe(batch);
      expect(sum(({ parameters }) => parameters)).toBe(P);
      for (const { rows, passes, gradientRows } of team) {
        expect(passes > 0).toBe(rows > 0);
        expect(gradientRows > 0).toBe(rows > 0);
        expect(gradientRows).toBeLessThanOrEqual(passes);
      }
    }),
    { numRuns: 40 },
  );
});

test('frozen blocks are no work of an update', () => {
  const layers = [dense(700), { ...dense(700), freeze: true }, dense(3)];
  const work = planStepWork({ input: 9, layers }, data, { batch: 64, backend: 'wasm' });
  // Parameters 7,000 to 497,699 are frozen: blocks 2 to 120, of 4,096 each, as a whole.
  const learning = 7000 + 701 * 700 + 701 * 3 - 119 * 4096;
  expect(work.parameters).toBe(learning);
  for (const threads of [1, 3]) {
    expect(work.threadsOf(threads).reduce((sum, { parameters }) => sum + parameters, 0)).toBe(learning);
  }
});

test('a step has a barrier after the gradients and one at its end, and more where threads need numbers of all', () => {
  const barriers = (layers: Parameters<typeof planStepWork>[0]['layers'], clipNorm?: number) =>
    planStepWork({ input: 9, layers }, data, { batch: 64, ...(clipNorm === undefined ? {} : { clipNorm }) }).barriers;
  expect(barriers([dense(3)])).toBe(2);
  expect(barriers([dense(3)], 1)).toBe(3);
  expect(barriers([dense(4), { kind: 'batch-norm' }, dense(3)])).toBeGreaterThan(2);
});

test('an exchange is measured by the slowest thread of the best round', () => {
  // Two rounds of two threads: first read, second read, barriers.
  const times = Float64Array.of(5, 2, 8, 7, 3, 9, 6, 4, 1, 4, 1, 20);
  const bytes = 8 * 64 * 1024;
  const { threads, barrierMs, firstReadNs, secondReadNs } = exchangeOf(times, 2);
  expect({ threads, barrierMs }).toEqual({ threads: 2, barrierMs: 9 / BARRIERS });
  expect(firstReadNs).toBeCloseTo(6e6 / bytes, 12);
  expect(secondReadNs).toBeCloseTo(3e6 / bytes, 12);
});

test('threads of a pool exchange numbers, each reading its neighbour', async () => {
  const pool = await createPool({ threads: 2 });
  onTestFinished(() => pool.destroy());
  const { threads, ...times } = await measureExchange(pool, 2, 1);
  expect(threads).toBe(2);
  for (const time of Object.values(times)) expect(time).toBeGreaterThan(0);
  await expect(measureExchange(pool, 0)).rejects.toThrow('measureExchange: threads has 0');
});

test('an exchange ends where its team was aborted', () => {
  const control = allocateControl();
  abortTeam(control);
  const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
  const [times, sums, numbers] = [shared(6), shared(2), shared(8).fill(1)];
  runExchange({ kind: 'exchange', control, thread: 0, threads: 2, numbers, sums, times }, 2);
  expect([...times, ...sums]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});
