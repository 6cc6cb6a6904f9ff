import { createRandom, type ElementType } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { type BackendChoice, dense, relu, sequential, type TrainOptions, tanh, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { openTeam, runSpan } from '../../../packages/runtime/src/engine/threads/span.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { propertySeed } from '../../support/seed.ts';

// Tapes lie in the memory of a place in a team, and are of teams of one size. A thread that comes to the place may have
// been there last with a team of another size, and others may have written there since.

const spec = sequential(20, dense(90), tanh(), dense(70), relu(), dense(3));
/** 3 steps an epoch, the last of them short. */
const data = { train: randomDataset({ rows: 150, inputs: 20, classes: 3 }) };
const TEAM = 3;
const RATE = 0.01;
const STEPS = counted(90, 900);
/** Of a span at most. */
const SPAN_STEPS = 3;

const pool = await poolOfFile(TEAM + 1);

const optionsOf = (backend: BackendChoice, precision: ElementType, seed: number) =>
  ({
    batch: 64,
    steps: STEPS,
    shuffle: false,
    threads: TEAM,
    backend,
    precision,
    seed,
    optimizer: { kind: 'adam', lr: RATE },
    schedule: 'constant',
  }) satisfies TrainOptions;

/** A run whose every span takes a team of another size, in which its threads wait for those of the other runs. */
async function trained(options: TrainOptions) {
  const { setup, arena } = complete(prepareRun(complete(planRun(spec, data, options)), data));
  const random = createRandom(propertySeed, `places ${options.seed}`);
  pool.live.add(setup.run);
  expect(await openTeam(pool, setup, TEAM, true)).toBe(true);
  arena.learningRates.fill(RATE);
  for (let step = 0; step < STEPS; ) {
    const threads = 1 + random.integer(TEAM);
    const limit = Math.min(STEPS, step + 1 + random.integer(SPAN_STEPS));
    const { steps, isBad: bad } = await runSpan(pool, setup, { first: step, limit, threads });
    expect(bad).toBe(false);
    step += steps;
  }
  pool.live.delete(setup.run);
  return arena.theta;
}

describe.each<[BackendChoice, ElementType]>([
  ['wasm', 'float32'],
  ['native', 'float64'],
  ...onlyInAll<[BackendChoice, ElementType]>(['wasm', 'float64'], ['native', 'float32']),
])('on %s in %s', (backend, precision) => {
  test(
    `runs at once, whose threads take places of teams of all sizes in turns, end in the bits of each alone (seed ${propertySeed})`,
    needs(backend),
    async () => {
      const runs = [1, 2, 3].map((seed) => optionsOf(backend, precision, seed));
      const expected = await Promise.all(runs.map((options) => train(spec, data, { ...options, threads: 1 })));
      const results = await Promise.all(runs.map(trained));
      for (const [k, theta] of results.entries()) expect(firstDifference(theta, expected[k].parameters)).toBeNull();
    },
  );
});
