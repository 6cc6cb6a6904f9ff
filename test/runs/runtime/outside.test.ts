import type { NetworkSpec } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { type Dataset, dense, layerNorm, relu, sequential, type TrainOptions, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { alone } from '../../../packages/runtime/src/cluster/lockstep.ts';
import { runSteps } from '../../../packages/runtime/src/training/run/loop.ts';
import { createReporter, joinRanks } from '../../../packages/runtime/src/training/run/open-run.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import { createSteering } from '../../../packages/runtime/src/training/run/steering.ts';
import { onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

/** Two blocks of parameters; layers of many weights and of few, and gradients that layers add themselves. */
const wide = sequential(20, dense(250), relu(), layerNorm(), dense(8), relu(), dense(3));
/** Steps of it lie on a tape of WebAssembly, where everything lies in its memory. */
const narrow: NetworkSpec = { input: 20, layers: [dense(4), relu(), dense(3)] };

const few = randomDataset({ rows: 200, inputs: 20, classes: 3 });
/** A thread's part of a batch of all takes several passes, whose gradients are added between them. */
const many = randomDataset({ rows: 2600, inputs: 20, classes: 3 });

const cases: [title: string, spec: NetworkSpec, rows: Dataset, options: TrainOptions][] = [
  ['adam', wide, few, {}],
  ['clipping', wide, few, { clipNorm: 0.5 }],
  ['looks', wide, few, { probe: 2 }],
  ['decay of weights alone', wide, few, { optimizer: { kind: 'adamw', weightDecay: 0.3, decayed: 'weights' } }],
  ['momentum', wide, few, { optimizer: { kind: 'sgd', momentum: 0.9 } }],
  ['an optimizer without machine code', wide, few, { optimizer: 'lion' }],
  ['a moving average', wide, few, { ema: 0.9 }],
  ['batches of several passes', wide, many, { batch: 2500, steps: 2 }],
  ['steps on a tape', narrow, few, { batch: 'full' }],
  ['floats', wide, few, { precision: 'float32' }],
  ['clipping of floats', wide, few, { precision: 'float32', clipNorm: 0.5, ema: 0.9 }],
  ['batches of several passes of floats', wide, many, { precision: 'float32', batch: 2500, steps: 2 }],
  ['floats by momentum', wide, few, { precision: 'float32', optimizer: { kind: 'sgd', momentum: 0.9 } }],
];

const pool = await poolOfFile(3);
/** Fingerprints of runs whose arrays all lie inside, by backend and title: of any number of threads. */
const inside = new Map<string, string>();

async function fingerprintInside(
  key: string,
  spec: NetworkSpec,
  rows: Dataset,
  options: TrainOptions,
): Promise<string> {
  const known = inside.get(key) ?? (await train(spec, { train: rows }, options)).fingerprint;
  inside.set(key, known);
  return known;
}

describe.each(['native', 'reference'] as const)('on %s', (backend) => {
  describe.each(backend === 'native' ? [1, 3, ...onlyInAll(2)] : [3, ...onlyInAll(1, 2)])(
    'and %i threads',
    (threads) => {
      test.each(cases)(
        'a run with gradients and optimizer state outside of the memory ends in the same bits: %s',
        needs(backend),
        async (title, spec, rows, runOptions) => {
          const options = { batch: 66, steps: 7, seed: 5, backend, threads, pool, ...runOptions };
          const data = { train: rows };
          const expected = await fingerprintInside(`${backend} ${title}`, spec, rows, options);
          const run = complete(prepareRun({ ...complete(planRun(spec, data, options)), insideBytes: 0 }, data));
          // A moving average lies inside, as weights do.
          const { slots, smoothingAt: shareAt } = run.plan.optimizer;
          expect(run.setup.outside).toHaveLength(1 + slots.length - (shareAt === undefined ? 0 : 1));
          pool.live.add(run.setup.run);
          const emit = () => {};
          const opened = await joinRanks(run, alone, createReporter(alone, emit));
          const result = await runSteps(opened, { pool, checkpointFolder: null, emit, steering: createSteering() });
          pool.live.delete(run.setup.run);
          expect(result.fingerprint).toBe(expected);
          expect(run.arena.gSum.buffer).toBe(run.setup.outside[0]);
          expect(run.arena.gSum.some((g) => g !== 0)).toBe(true);
        },
      );
    },
  );
});
