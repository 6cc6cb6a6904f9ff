import type { LayerSpec } from '@gradloom/core';
import { datasetFromRows, dense } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankExchanges } from '../../../packages/runtime/src/engine/step/rank-exchanges.ts';
import { CONTROL } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { DECISION } from '../../../packages/runtime/src/engine/threads/protocol.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { type RandomRun, randomRun } from '../../support/random-run.ts';
import { rankBytes } from '../../support/rank-bytes.ts';
import { createRankGroup, type RankGroupOptions } from '../../support/rank-group.ts';
import { propertySeed } from '../../support/seed.ts';

const STEPS = 6;

/** Ranks with threads each: more of both than there are leaves, or than there are blocks, and unequal ones. */
const threadsOfRanks = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 7 });

/** Parameters of a bucket at least: also as many buckets as there are tensors, or blocks. */
const bucket = fc.constantFrom(1, 5000, Number.POSITIVE_INFINITY);

function expectBits(
  { spec, dataset, options: drawn }: RandomRun,
  {
    backend,
    ...ranks
  }: Pick<RankGroupOptions, 'threadsOf' | 'seed' | 'leastBucket'> & { backend: 'reference' | 'wasm' | 'native' },
): void {
  const options = { ...drawn, steps: Math.min(STEPS, drawn.steps) };
  const group = createRankGroup({ spec, dataset, options, backend, ...ranks });
  let steps = 0;
  for (let goesOn = true; goesOn && steps < options.steps; steps++) {
    const { loss, norm } = group.step();
    goesOn = loss - loss === 0 && norm - norm === 0;
  }
  group.gather();
  const oracleOn = resolveBackend(backend === 'native' ? 'native' : 'reference');
  const { parameters, losses, norms } = oracle(spec, dataset, options, oracleOn, steps);
  for (const { arena } of group.ranks) {
    expect(firstDifference(arena.losses.subarray(0, steps), losses)).toBeNull();
    expect(firstDifference(arena.norms.subarray(0, steps), norms)).toBeNull();
    expect(firstDifference(arena.evaluatedTheta, parameters)).toBeNull();
  }
}

describe.each(['reference', 'wasm', 'native'] as const)('on %s', (backend) => {
  const title = `ranks and threads change no bit of any run (seed ${propertySeed})`;
  test(title, { ...needs(backend), timeout: 1_200_000 }, () => {
    const check = fc.property(randomRun, threadsOfRanks, fc.nat(), bucket, (run, threadsOf, seed, leastBucket) => {
      expectBits(run, { threadsOf, backend, seed, leastBucket });
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(backend === 'reference' ? 12 : 5, 60) });
  });
});
const dataset = randomDataset({ rows: 300, inputs: 90, classes: 3 });
const spec = { input: 90, layers: [dense(70), { kind: 'batch-norm' as const }, dense(65), dense(3)] };
const options = { batch: 200, steps: 4, seed: 5, optimizer: 'adam' as const };
const group = { spec, dataset, backend: 'reference' as const, seed: 1 };

test.each([{}, { clipNorm: 0.01 }, { ema: 0.9 }])(
  'a probe sees on the first of some ranks what it sees without: %o',
  (more) => {
    const runOptions = { ...options, ...more, probe: 1 };
    const [one, three] = [[1], [2, 1, 3]].map((threadsOf) => {
      const looking = createRankGroup({ ...group, options: runOptions, threadsOf });
      for (let step = 0; step < 3; step++) looking.step(true);
      looking.gather(true);
      return looking.ranks[0].arena;
    });
    const P = one.theta.length;
    expect(firstDifference(three.probeSums, one.probeSums)).toBeNull();
    expect(firstDifference(three.gSum.subarray(0, P), one.gSum.subarray(0, P))).toBeNull();
    expect(firstDifference(three.squares, one.squares)).toBeNull();
    expect(firstDifference(three.theta, one.theta)).toBeNull();
  },
);

interface Variant {
  clipNorm?: number;
  ema?: number;
  maxNorm?: number;
  decayed?: boolean;
  frozen?: boolean;
}

test.each<Variant>([{ ema: 0.9, maxNorm: 1 }, ...onlyInAll<Variant>({}, { clipNorm: 0.01 }, { decayed: true })])(
  'a table that layers share, of many blocks and buckets, is updated alike on any ranks: %o',
  ({ decayed = false, ...more }) => {
    const width = 9;
    const layers: LayerSpec[] = [
      { kind: 'embedding', vocabulary: 1500, width },
      { kind: 'flatten' },
      dense(width),
      { kind: 'residual', layers: [{ kind: 'dense', out: 1500, tiedTo: '0' }, dense(width)] },
      { kind: 'dense', out: 1500, bias: false, tiedTo: '0' },
      dense(3),
    ];
    const tied = { input: 3, layers };
    const inputs = Array.from({ length: 60 }, (_, n) => [0, 1, 2].map((k) => (n * 131 + k * 577) % 1500));
    const rows = datasetFromRows({ inputs, targets: inputs.map(([first]) => first % 3), classes: 3 });
    const optimizer = decayed ? ({ kind: 'adamw', weightDecay: 0.1, decayed: 'weights' } as const) : options.optimizer;
    const runOptions = { ...options, ...more, optimizer, batch: 40, loss: 'softmax-cross-entropy' as const };
    for (const [backend, threadsOf, leastBucket] of [
      ['reference', [1], 1],
      ['reference', [2, 1, 3], 1],
      ['wasm', [1, 1, 1, 1], 5000],
    ] as const) {
      expectBits(
        { spec: tied, dataset: rows, options: runOptions, threads: 1 },
        { backend, threadsOf: [...threadsOf], seed: 3, leastBucket },
      );
    }
  },
);

test.each<Variant>([
  { ema: 0.9, maxNorm: 1 },
  { frozen: true },
  ...onlyInAll<Variant>({}, { clipNorm: 0.01 }, { ema: 0.9 }),
])('matrices of many blocks and buckets are orthogonalized alike on any ranks: %o', ({ frozen = false, ...more }) => {
  const layers = [dense(9), { ...dense(12), freeze: frozen }, dense(450), dense(7), dense(3)];
  const wide = randomDataset({ rows: 30, inputs: 500, classes: 3 });
  const runOptions = { ...options, ...more, batch: 20, optimizer: 'muon' as const };
  const run = { spec: { input: 500, layers }, dataset: wide, options: runOptions };
  for (const [backend, threadsOf, leastBucket] of [
    ['reference', [1], Number.POSITIVE_INFINITY],
    ['reference', [2, 1, 3], 1],
    ['wasm', [1, 4], 5000],
  ] as const) {
    expectBits({ ...run, threads: 1 }, { backend, threadsOf: [...threadsOf], seed: 3, leastBucket });
  }
});

test('the first rank alone ends a span, on all ranks after the same step', () => {
  const { ranks, step } = createRankGroup({ ...group, options, threadsOf: [1, 2, 1] });
  const decisions = () => ranks.map(({ setup }) => setup.control[CONTROL.decision]);
  const all = (decision: number) => ranks.map(() => decision);
  ranks[1].setup.control[CONTROL.request] = 1;
  step();
  expect(decisions()).toEqual(all(DECISION.go));
  ranks[0].setup.control[CONTROL.request] = 1;
  step();
  expect(decisions()).toEqual(all(DECISION.end));
});

test('each parameter has its state on one rank, and a rank holds no more', () => {
  for (const leastBucket of [1, 3000, Number.POSITIVE_INFINITY]) {
    const { ranks } = createRankGroup({ ...group, options, threadsOf: [1, 1, 1], leastBucket });
    const owners = new Uint8Array(ranks[0].arena.theta.length);
    for (const { arena } of ranks) {
      let held = 0;
      for (const { offset, length } of arena.ownedRanges) {
        for (let p = offset; p < offset + length; p++) owners[p]++;
        held += length;
      }
      expect(arena.state.map(({ length }) => length)).toEqual([held, held]);
      expect(arena.ownedRanges.toSorted((a, b) => a.offset - b.offset)).toEqual(arena.ownedRanges);
    }
    expect(owners.every((count) => count === 1)).toBe(true);
  }
});

test('a rank sends the bytes that are counted, which are those of a ring where ranks have one subtree each', () => {
  const layers = [dense(128), dense(3)]; // three blocks
  const cases: [threadsOf: number[], batch: number][] = [
    [[1, 1, 1], 300],
    [[1, 2], 200],
    [[1, 1, 1, 1], 256],
  ];
  for (const [threadsOf, batch] of cases) {
    const runOptions = { ...options, batch };
    const { ranks } = createRankGroup({ ...group, spec: { input: 90, layers }, options: runOptions, threadsOf });
    const shape = { threadsOf, overlap: true, leastBucket: Number.POSITIVE_INFINITY } as const;
    const { network, leafRows, elementType } = ranks[0].plan;
    const counted = rankBytes(network, elementType, shape, leafRows, batch);
    for (const [rank, { contexts }] of ranks.entries()) {
      const exchanges = rankExchanges(contexts[0], batch);
      const sent = (planned: ReturnType<NonNullable<typeof exchanges>['weights']> | undefined) =>
        planned?.transfers.reduce((sum, { kind, numbers }) => sum + (kind === 'send' ? numbers.byteLength : 0), 0);
      const rows = exchanges?.batch.nodes[rank].map((_, row) => row) ?? [];
      expect(counted[rank]).toMatchObject({
        gradients: sent(exchanges?.gradients(0, rows)),
        weights: sent(exchanges?.weights(0)),
      });
    }
    if (threadsOf.length !== 4) continue;
    const bytes = counted.reduce((sum, { gradients, weights }) => sum + gradients + weights, 0);
    expect(bytes).toBe(2 * 8 * network.parameterCount * (threadsOf.length - 1));
  }
});
