import { dense, type Profile, sequential } from '@gradloom/runtime';
import { planStepWork } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { predictionNotes } from '../../../../../packages/cli/src/lab/figures/scale-figures.ts';
import { measuredParts, predictCores } from '../../../../../packages/cli/src/lab/scale/predict-cores.ts';
import { randomDataset } from '../../../../support/random-dataset.ts';

const ROWS = 300;
const data = { train: randomDataset({ rows: ROWS, inputs: 60, classes: 3 }) };
/** 5 blocks of 4,096 parameters, the last short. */
const spec = sequential(60, dense(300), dense(3));
const P = 60 * 300 + 300 + 300 * 3 + 3;
const workOf = (batch: number) => planStepWork(spec, data, { batch, backend: 'wasm', epochs: 1 });

const profile = (gather: number, forward: number, backward: number, update: number): Profile => {
  return { gather, forward, backward, update, exchange: 0, wait: 0 };
};
const exchanges = [
  { threads: 2, barrierMs: 0.001, firstReadNs: 0.5, secondReadNs: 0.2 },
  { threads: 4, barrierMs: 0.003, firstReadNs: 0.6, secondReadNs: 0.2 },
];
const one = { stepMs: 1, batchProfile: profile(0.1, 0.3, 0.5, 0.3), bandwidth: [10, 20], exchanges };

const ms = fc.double({ min: 1e-3, max: 100, noNaN: true });
const anyProfile = fc.tuple(ms, ms, ms, ms).map((times) => profile(...times));
const anyOne = fc.record({
  stepMs: ms,
  batchProfile: anyProfile,
  leafProfile: fc.option(anyProfile),
  bandwidth: fc.constantFrom([], [5], [5, 9]),
  exchanges: fc.constant(exchanges),
});
const anyBatch = fc.integer({ min: 1, max: ROWS });

describe('a prediction', () => {
  test('for one thread is the measured time of a step, which is the sum of the measured parts', () => {
    fc.assert(
      fc.property(anyOne, anyBatch, (measured, batch) => {
        const work = workOf(batch);
        const parts = measuredParts(measured, work);
        const [{ passes }] = work.threadsOf(1);
        const sum = passes * parts.passMs + batch * parts.rowMs + parts.updateMs;
        expect(sum / measured.stepMs).toBeCloseTo(1, 9);
        const { stepMs, speedup, movedBytes } = predictCores(parts, work, 1, 1);
        for (const value of stepMs) expect(value / measured.stepMs).toBeCloseTo(1, 9);
        for (const value of speedup) expect(value).toBeCloseTo(1, 9);
        expect(movedBytes).toBe(0);
        // Whatever a slow moment does to the times.
        for (const part of [parts.passMs, parts.rowMs]) expect(part).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 30 },
    );
  });

  test('has no faster gradients from more cores than leaves, nor from fewer', () => {
    fc.assert(
      fc.property(anyOne, anyBatch, fc.integer({ min: 1, max: 64 }), (measured, batch, cores) => {
        const work = workOf(batch);
        const parts = measuredParts(measured, work);
        const leaves = Math.ceil(batch / work.leafRows);
        const least = predictCores(parts, work, leaves, leaves).gradientMs;
        const { gradientMs } = predictCores(parts, work, cores, cores);
        if (cores >= leaves) expect(gradientMs).toBe(least);
        else expect(gradientMs).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 30 },
    );
  });

  test('has parts that are monotone: the update never grows with cores, barriers and their ends never shrink', () => {
    fc.assert(
      fc.property(anyOne, anyBatch, (measured, batch) => {
        const work = workOf(batch);
        const parts = measuredParts(measured, work);
        const points = Array.from({ length: 24 }, (_, k) => predictCores(parts, work, k + 1, k + 1));
        for (const [k, after] of points.slice(1).entries()) {
          for (const end of [0, 1] as const) {
            expect(after.updateMs[end]).toBeLessThanOrEqual(points[k].updateMs[end]);
            expect(after.barrierMs[end]).toBeGreaterThanOrEqual(points[k].barrierMs[end]);
          }
        }
        for (const { updateMs, movedMs, barrierMs, stepMs, speedup } of points)
          for (const [low, high] of [updateMs, movedMs, barrierMs, stepMs, speedup])
            expect(low).toBeLessThanOrEqual(high);
      }),
      { numRuns: 30 },
    );
  });

  test('is decided by the thread with most rows and passes, most weights, and most to read from others', () => {
    const work = workOf(128);
    // Clocks lengthened the parts from 1 to 1.2: 0.75 ms of passes and 0.25 of updates without them.
    const parts = measuredParts({ ...one, leafProfile: profile(0.02, 0.1, 0.12, 0.3) }, work);
    // passMs + 128 rowMs = 0.75, passMs + 16 rowMs = 0.2.
    expect(parts.rowMs).toBeCloseTo(0.55 / 112, 12);
    expect(parts.passMs).toBeCloseTo(0.2 - (16 * 0.55) / 112, 12);
    const point = predictCores(parts, work, 3, 3);
    // Leaves 0 and 1; 2, 3 and 4; 5, 6 and 7, each of the last two in two passes, whose gradients stay apart.
    expect(point.rows).toBe(48);
    expect(point.gradientMs).toBeCloseTo(2 * parts.passMs + 48 * parts.rowMs, 12);
    // 1, 2 and 2 blocks, the last of them short.
    expect(point.updateMs[0]).toBeCloseTo((parts.updateMs * 8192) / P, 12);
    // All weights but those of the first thread; of five rows of gradients all but its own two.
    expect(point.movedBytes).toBe(8 * (P - 4096) + 8 * 8192 * 3);
    expect(point.movedMs[0]).toBeCloseTo((point.movedBytes * 0.4) / 1e6, 12);
    expect(point.movedMs[1]).toBeCloseTo((point.movedBytes * 0.6) / 1e6, 12);
    const sum = point.gradientMs + point.updateMs[1] + point.movedMs[1] + point.barrierMs[1];
    expect(point.stepMs[1]).toBeCloseTo(sum, 12);
    expect(point.speedup[0]).toBeCloseTo(1 / sum, 12);
  });

  test('takes barriers as measured, and beyond from as long to in proportion to the others', () => {
    const work = workOf(128);
    const parts = measuredParts({ ...one, leafProfile: null }, work);
    const barriersOn = (cores: number) => predictCores(parts, work, cores, cores).barrierMs;
    expect(work.barriers).toBe(2);
    expect(barriersOn(2)).toEqual([0.002, 0.002]);
    expect(barriersOn(3)).toEqual([0.006, 0.006]);
    expect(barriersOn(4)).toEqual([0.006, 0.006]);
    expect(barriersOn(31)).toEqual([0.006, expect.closeTo(0.06, 12)]);
  });

  test('may be held up by the memory of these cores, unless the update fits in caches', () => {
    const work = workOf(128);
    // 56 bytes a parameter in 0.25 ms: more than 4 GB/s, and less than 10.
    const bytes = 56 * P;
    const held = measuredParts({ ...one, leafProfile: null, bandwidth: [10, 8] }, work);
    expect(held.memoryMs).toBeCloseTo(bytes / 10e6, 12);
    expect(predictCores(held, work, 64, 64).updateMs[1]).toBe(held.memoryMs);
    expect(measuredParts({ ...one, leafProfile: null, bandwidth: [4, 8] }, work).memoryMs).toBe(0);
  });

  test('is printed with the check that this machine allows, and with the uncertainty of its rounds', () => {
    const work = workOf(128);
    const parts = measuredParts({ ...one, leafProfile: null }, work);
    const point = (cores: number, measuredMs: number | null) => ({
      ...predictCores(parts, work, cores, cores),
      measuredMs,
    });
    const notesOf = (spread: number) => predictionNotes([point(1, 1), point(2, 0.6), point(8, null)], spread).join(' ');
    expect(notesOf(0.1)).toMatch(
      /^On 2 cores the model has [\d.]+ to [\d.]+ ms, and 0\.6000 ms were measured\. It assumes/,
    );
    expect(notesOf(0.3)).toContain('Rounds differ by up to 30.00 %, and the prediction is as uncertain.');
    expect(predictionNotes([point(1, 1), point(8, null)], 0)).toHaveLength(1);
  });
});
