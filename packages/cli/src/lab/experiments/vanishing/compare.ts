import type { ActivationName, InitializerSpec, OptimizerSpec } from '@gradloom/core';
import type { Evaluation } from '@gradloom/runtime';
import type { Member } from '../../../options/member.ts';
import { UsageError } from '../../../terminal/failure.ts';
import { layerHistograms } from '../../figures/histograms.ts';
import type { LayerHistogram } from '../../figures/layer-histogram.ts';
import { type Sweep, sweepLearningRates } from '../sweep.ts';
import type { NamedActivation } from './activation-list.ts';
import type { DeepData } from './deep-data.ts';
import {
  type Bench,
  type DeepRun,
  deepNetwork,
  evaluateRun,
  type Look,
  type RunLength,
  relativeMoves,
  runDeep,
  startOf,
} from './deep-run.ts';
import { type StartFactors, startFactors, type WidthEffect } from './start-factors.ts';

/** One comparison: the same network, rows and steps for every activation. */
export interface Setup {
  readonly activations: readonly NamedActivation[];
  readonly hidden: readonly number[];
  readonly init: InitializerSpec;
  readonly length: Omit<RunLength, 'optimizer'> & { readonly optimizer: Member & { readonly lr: number } };
  readonly moreSeeds: readonly number[]; // in addition to the seed of `length`
  readonly long: boolean; // also ten epochs at the common rate
}

/** The results of one activation: the start, theory, and training. */
export interface Comparison {
  readonly label: string;
  readonly kind: ActivationName;
  readonly isNormed: boolean; // whether a norm stands before the activation
  readonly looks: readonly Look[]; // looks by step; the first is before the first step
  readonly start: StartFactors;
  readonly moved: readonly number[]; // relative change of each W, the output's last
  readonly histograms: readonly LayerHistogram[]; // at the common rate
  readonly common: Trained; // at the common rate
  readonly best: Trained; // at its own best rate
  readonly sweep: Sweep<DeepRun>;
  readonly seeds: readonly SeedRun[]; // the first is the seed of all of the above
  readonly long: LongRun | null; // ten epochs at the common rate; null if not asked for
  readonly withTinyEpsilon: Trained | null; // for sigmoid, if it is claimed to stay at chance
}

export interface Trained {
  readonly lr: number;
  readonly test: Evaluation | null; // null if it diverged
  readonly diverged: string | null;
}

export interface SeedRun {
  readonly seed: number;
  readonly factor: number | null;
  readonly expected: number | null;
  readonly effect: WidthEffect | null;
  readonly test: Evaluation | null;
}

/** Epochs of the long run, for readers who find a third of an epoch too short. */
export const LONG_EPOCHS = 10;

export interface LongRun {
  readonly steps: number;
  readonly test: Evaluation | null; // null where it diverged
}

export const longSteps = ({ length }: Setup, { train }: DeepData): number =>
  LONG_EPOCHS * Math.ceil(train.rows / (length.batch === 'full' ? train.rows : length.batch));

/** So small that the size of Adam's steps no longer depends on the size of the gradient. */
export const TINY_EPSILON = 1e-20;
/** Multiple of the common rate; at the common rate itself, 300 steps are too few. */
const TINY_EPSILON_RATE = 3;

/** The range of rates that are always tried, relative to the common one. */
const REACH = 100;
/** Most rates tried, up to two powers of ten outside the range: some networks learn at no rate. */
const MAX_TRIALS = 13;

/** Steps to record: the first, the last, and about ten between. */
export function lookSteps(steps: number): number[] {
  const gaps = Math.min(10, steps - 1);
  return Array.from({ length: gaps + 1 }, (_, k) => Math.round((k * (steps - 1)) / Math.max(1, gaps)));
}

export async function compareActivation(
  { label, spec: activation, norm }: NamedActivation,
  setup: Setup,
  data: DeepData,
  bench: Bench,
  showProgress: (text: string) => void,
): Promise<Comparison> {
  const { hidden, init, length, moreSeeds } = setup;
  const { inputs } = data.train;
  const shape = { input: inputs.columns, hidden, output: data.outputs, init, ...(norm === undefined ? {} : { norm }) };
  const spec = deepNetwork(shape, activation);
  const variance = norm === undefined ? null : data.meanVariance;
  const theoryOf = (look: Look): StartFactors => startFactors(look, activation, widths, data.meanSquare, variance);
  const lengthAt = (lr: number, seed = length.seed): RunLength => {
    const optimizer: Member = { ...length.optimizer, lr };
    return { ...length, seed, optimizer: optimizer as OptimizerSpec };
  };
  const widths = [inputs.columns, ...hidden];
  const commonRate = length.optimizer.lr;
  const sweep = await sweepLearningRates(
    { low: commonRate / REACH, high: commonRate * REACH, through: commonRate, maxTrials: MAX_TRIALS },
    (lr) => {
      showProgress(`${label} at rate ${lr}`);
      // Looks do not change weights, so the run at the common rate also serves in the sweep.
      return runDeep(spec, bench, lengthAt(lr), lr === commonRate ? lookSteps(length.steps) : []);
    },
    ({ validation }) => validation?.loss ?? Number.POSITIVE_INFINITY,
  );
  const common = sweep.trials.find(({ lr }) => lr === commonRate) ?? sweep.best;
  showProgress(`${label} on the test rows`);
  const atCommon = await trained(common.lr, common.outcome);
  const atBest = sweep.best === common ? atCommon : await trained(sweep.best.lr, sweep.best.outcome);
  const { looks } = common.outcome;
  if (looks.length === 0) throw new UsageError(noStart(init, label, common.outcome.diverged));
  const start = theoryOf(looks[0]);
  const seeds: SeedRun[] = [{ seed: length.seed, ...factorsOf(start), test: atCommon.test }];
  for (const seed of moreSeeds) {
    showProgress(`${label} from seed ${seed}`);
    const run = await runDeep(spec, bench, lengthAt(commonRate, seed), [0]);
    const { test } = await trained(commonRate, run);
    seeds.push({ seed, ...factorsOf(theoryOf(run.looks[0])), test });
  }
  const long = setup.long ? await trainLong() : null;
  const claimsChance = label === 'sigmoid' && whyUnclaimed(setup, data).length === 0;
  const withTinyEpsilon = claimsChance ? await trainWithTinyEpsilon() : null;
  const moved = relativeMoves(spec, startOf(spec, length.seed), common.outcome.parameters);
  const { parameters } = common.outcome;
  const histograms = layerHistograms({ spec, seed: length.seed, parameters }, data.train);
  return {
    label,
    kind: activation.kind,
    isNormed: norm !== undefined,
    looks,
    start,
    moved,
    histograms,
    common: atCommon,
    best: atBest,
    sweep,
    seeds,
    long,
    withTinyEpsilon,
  };

  async function trainLong(): Promise<LongRun> {
    const steps = longSteps(setup, data);
    showProgress(`${label} for ${steps} steps`);
    const { test } = await trained(commonRate, await runDeep(spec, bench, { ...lengthAt(commonRate), steps }, []));
    return { steps, test };
  }

  async function trainWithTinyEpsilon(): Promise<Trained> {
    const lr = Number((TINY_EPSILON_RATE * commonRate).toPrecision(12));
    showProgress(`${label} with epsilon ${TINY_EPSILON}`);
    const optimizer = { ...length.optimizer, lr, epsilon: TINY_EPSILON } as OptimizerSpec;
    return trained(lr, await runDeep(spec, bench, { ...lengthAt(lr), optimizer }, []));
  }

  async function trained(lr: number, run: DeepRun): Promise<Trained> {
    return {
      lr,
      diverged: run.diverged,
      test: run.diverged === null ? await evaluateRun(run, data.test, bench) : null,
    };
  }
}

const factorsOf = ({ measured, expected, effect }: StartFactors) => ({
  factor: measured.factor,
  expected: expected.factor,
  effect,
});

/** Why a network cannot start: its starting weights are so large that the first step is not finite. */
const noStart = (init: InitializerSpec, label: string, diverged: string | null): string =>
  `--init has ${typeof init === 'string' ? init : init.kind}, expected weights that ${label} can start from (${diverged})`;

/** Adam's default epsilon; the claims that sigmoid stays at chance hold for it. */
export const EPSILON = 1e-8;

/**
 * The results of 20 layers of sigmoid and of relu are known for certain settings. Returns a sentence for each setting
 * of this run that differs; empty if all is claimed.
 */
export function whyUnclaimed({ hidden, init, length }: Setup, { train }: DeepData): string[] {
  const { optimizer, batch, steps } = length;
  const { kind, lr, epsilon = EPSILON, ...others } = optimizer;
  const initName = typeof init === 'string' ? init : init.kind;
  const checks: readonly (readonly [isClaimed: boolean, flag: string, value: unknown, claim: string])[] = [
    [train.name === 'mnist', 'dataset', train.name, 'only for mnist'],
    [hidden.length === 20, 'depth', hidden.length, 'only for 20'],
    [hidden[0] >= 32, 'width', hidden[0], 'only from 32 up'],
    [initName === 'he-normal', 'init', initName, 'only for he-normal'],
    [kind === 'adam', 'optimizer', kind, 'only for adam'],
    [kind !== 'adam' || epsilon === EPSILON, 'optimizer adam:epsilon', epsilon, `only for ${EPSILON}`],
    [
      kind !== 'adam' || Object.keys(others).length === 0,
      'optimizer',
      Object.keys(others)[0],
      'only for adam with its defaults',
    ],
    [lr === 0.001, 'lr', lr, 'only for 0.001'],
    [batch !== 'full' && batch >= 32, 'batch', batch, 'only from 32 up'],
    [steps >= 200 && steps <= 1000, 'steps', steps, 'only from 200 to 1000'],
  ];
  return checks.flatMap(([isClaimed, flag, value, claim]) =>
    isClaimed ? [] : [`--${flag} has ${value}, claimed ${claim}`],
  );
}
