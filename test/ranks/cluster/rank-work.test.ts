import { readFileSync } from 'node:fs';
import { buildNetwork } from '@gradloom/core';
import { BLOCK, defaultLeafRows } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withTables } from '../../../docs/cluster-on-paper.mjs';
import { argumentsOfRanks, findRankDocument } from '../../../packages/cli/src/commands/scale/scale-ranks.ts';
import { predictRanks } from '../../../packages/cli/src/lab/scale/ranks/measure-ranks.ts';
import { type RankStepShape, rankWork } from '../../../packages/runtime/src/measurement/rank-work.ts';
import { rankBytes } from '../../support/rank-bytes.ts';

const shapeOf = (widths: readonly number[], batch: number): RankStepShape => ({
  network: buildNetwork({ input: widths[0], layers: widths.slice(1).map((out) => ({ kind: 'dense', out })) }),
  elementType: 'float64',
  clips: false,
  backend: 'native',
  couples: false,
  rowsAtOnce: 256,
  batch,
  lastBatch: batch,
  leafRows: defaultLeafRows(batch),
});
const ranksOf = (threadsOf: readonly number[], overlap = true) => ({ threadsOf, overlap });

const anyShape = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 4 }), fc.integer({ min: 1, max: 3000 }))
  .map(([widths, batch]) => shapeOf(widths, batch));
const anyThreads = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 });
const ms = fc.double({ min: 0, max: 50, noNaN: true });
const anyParts = fc.record({
  gradientMs: ms,
  updateMs: ms,
  latencyMs: ms,
  messageMs: ms,
  bytesPerMs: fc.constantFrom(1e6, 1e9),
  networkBytesPerMs: fc.constantFrom(1e3, 1e7),
});

describe('the work of ranks', () => {
  test('is as much as a ring sends where each has one subtree and as many blocks', () => {
    for (const ranks of [2, 4, 8]) {
      // 63 inputs and a bias for each of half a block of outputs: 32 blocks, which ranks divide evenly.
      const shape = shapeOf([63, BLOCK / 2], 1024);
      expect(shape.network.parameterCount % (ranks * BLOCK)).toBe(0);
      const { gradients, weights, ringBytes, idle } = rankWork(shape, ranksOf(Array(ranks).fill(2), false));
      expect({ bytes: gradients.bytes + weights.bytes, idle }).toEqual({ bytes: ringBytes, idle: 0 });
    }
  });

  test('counts at least what any rank sends, and nothing where there is one', () => {
    fc.assert(
      fc.property(anyShape, anyThreads, (shape, threadsOf) => {
        const ranks = ranksOf(threadsOf);
        const work = rankWork(shape, ranks);
        const sent = rankBytes(shape.network, shape.elementType, ranks, shape.leafRows, shape.batch);
        for (const kind of ['gradients', 'weights', 'notes'] as const) {
          expect(work[kind].bytes).toBeGreaterThanOrEqual(Math.max(...sent.map((bytes) => bytes[kind])));
          if (threadsOf.length === 1) expect(work[kind]).toEqual({ messages: 0, bytes: 0 });
        }
        expect(work.rows).toBeLessThanOrEqual(shape.batch);
        expect(work.rows * (threadsOf.length - work.idle)).toBeGreaterThanOrEqual(shape.batch);
        expect(work.maxParameters * threadsOf.length).toBeGreaterThanOrEqual(shape.network.parameterCount);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a predicted step', () => {
  test('is the sum of its parts, of which no more is hidden than goes on beside it', () => {
    fc.assert(
      fc.property(anyShape, anyThreads, anyParts, (shape, threadsOf, parts) => {
        const work = rankWork(shape, ranksOf(threadsOf));
        const { gradientMs, joinMs, gatherMs, hiddenMs, updateMs, returnMs, stepMs } = predictRanks(parts, work, true);
        expect(stepMs).toBeCloseTo(gradientMs + joinMs + gatherMs - hiddenMs + updateMs + returnMs, 9);
        expect(hiddenMs).toBeLessThanOrEqual(Math.min(gatherMs, gradientMs));
        expect(predictRanks(parts, work, false).stepMs).toBeGreaterThanOrEqual(stepMs);
        // A faster network takes no part longer.
        const fast = { ...parts, networkBytesPerMs: 2 * parts.networkBytesPerMs };
        expect(predictRanks(fast, work, false).stepMs).toBeLessThanOrEqual(predictRanks(parts, work, false).stepMs);
      }),
      { numRuns: 200 },
    );
  });

  test('of one rank is its gradients, the sums of its rows and its update', () => {
    const work = rankWork(shapeOf([20, 30, 5], 640), ranksOf([1]));
    const parts = { gradientMs: 3, updateMs: 2, bytesPerMs: 1e6, latencyMs: 9, messageMs: 9, networkBytesPerMs: 1 };
    const { stepMs, joinMs } = predictRanks(parts, work, true);
    expect(stepMs).toBeCloseTo(5 + joinMs, 9);
  });
});

test('the tables of docs/cluster.md are what the model says', { timeout: 120_000 }, () => {
  const page = readFileSync(new URL('../../../docs/cluster.md', import.meta.url), 'utf8');
  expect(withTables(page)).toBe(page);
});

test('ranks are given what to train, and not what else is measured', () => {
  const typed = ['scale', '--ranks', '1,2', '--hidden=8', '--out', 'x', '--json', '--model-cores=4', '--batch', '64'];
  expect(argumentsOfRanks(typed)).toEqual(['scale', '--hidden=8', '--batch', '64', '--cluster', 'mpi', '--json']);
});

test('a measurement is found among what a launcher prints', () => {
  expect(findRankDocument('Authorization required\n{"event":"ranks","ranks":3}\nbye\n')).toEqual({ ranks: 3 });
  expect(findRankDocument('nothing\n')).toBeNull();
});
