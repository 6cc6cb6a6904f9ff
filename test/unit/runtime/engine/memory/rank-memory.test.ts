import { dense, sequential } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import type { Transfer } from '../../../../../packages/runtime/src/cluster/cluster.ts';
import type { Lockstep } from '../../../../../packages/runtime/src/cluster/lockstep.ts';
import type { Arena } from '../../../../../packages/runtime/src/engine/memory/arena.ts';
import {
  createStateShares,
  maxPieceNumbers,
} from '../../../../../packages/runtime/src/training/lockstep/state-shares.ts';
import { planRun, type RunPlan } from '../../../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../../../packages/runtime/src/training/run/prepare.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { randomDataset } from '../../../../support/random-dataset.ts';

const spec = sequential(8, dense(700), dense(3));
const data = { train: randomDataset({ rows: 64, inputs: 8, classes: 3 }) };

function plannedBytes(rank: number, ranks: number, ledgerBytes: number, more: Partial<RunPlan> = {}): number {
  const connection = { rank, ranks, timeLimitMs: 0, path: '', ledger: new SharedArrayBuffer(ledgerBytes) };
  const requested = complete(planRun(spec, data, { batch: 32, epochs: 1, backend: 'reference', threads: 1 }));
  const threadsOf = Array.from({ length: ranks }, () => 1);
  const shape = { connection, threadsOf, overlap: false } as const;
  return complete(prepareRun({ ...requested, threads: 1, ranks: shape, ...more }, data)).plannedBytes;
}

test('a plan counts the list of messages between ranks', () => {
  expect(plannedBytes(1, 3, 5_000_000) - plannedBytes(1, 3, 0)).toBe(5_000_000);
});

test('a plan of rank 0 counts what it deals to the others as a run goes on', () => {
  const resume = {} as NonNullable<RunPlan['resume']>;
  const P = 8 * 700 + 700 + 700 * 3 + 3;
  expect(plannedBytes(0, 3, 0, { resume }) - plannedBytes(0, 3, 0)).toBe(8 * P);
  expect(plannedBytes(1, 3, 0, { resume })).toBe(plannedBytes(1, 3, 0));
});

test.each([
  [2, 300_000],
  [5, 140_001],
  [12, 1000],
  [3, 1],
])('rank 0 deals all numbers, to %i ranks of %i, and holds no more of them at once than planned', async (ranks, P) => {
  const bound = (rank: number): number => Math.floor((rank * P) / ranks);
  const owned = Array.from({ length: ranks }, (_, rank) => [
    { offset: bound(rank), length: bound(rank + 1) - bound(rank) },
  ]);
  const received = owned.map(() => new Float64Array(P));
  const ends = owned.map(() => 0);
  const heldMemory = new Set<SharedArrayBuffer>();
  const move = async (transfers: readonly Transfer[]): Promise<void> => {
    for (const { peer, numbers } of transfers) {
      received[peer].set(numbers as Float64Array, ends[peer]);
      ends[peer] += numbers.length;
      heldMemory.add(numbers.buffer);
    }
  };
  const fromAll = async () => owned;
  const lockstep = { rank: 0, ranks, isFirst: true, fromAll, move } as unknown as Lockstep;
  const all = Float64Array.from({ length: P }, (_, k) => k);
  const theta = new Float64Array(P);
  const state = [new Float64Array(owned[0][0].length)];
  const arena = { theta, model: theta, state, owned: owned[0] } as unknown as Arena;
  const shares = await createStateShares(lockstep, arena);
  for (const kind of ['spread', 'deal'] as const) {
    heldMemory.clear();
    ends.fill(0);
    await (kind === 'spread' ? shares.broadcast(theta, all) : shares.scatter(0, state[0], all));
    const numbers = [...heldMemory].reduce((sum, { byteLength }) => sum + byteLength, 0) / 8;
    expect(numbers).toBeLessThanOrEqual(maxPieceNumbers(ranks, P));
    for (let rank = 1; rank < ranks; rank++) {
      const [{ offset, length }] = kind === 'spread' ? [{ offset: 0, length: P }] : owned[rank];
      expect(ends[rank]).toBe(length);
      expect(firstDifference(received[rank].subarray(0, length), all.subarray(offset, offset + length))).toBeNull();
    }
  }
});
